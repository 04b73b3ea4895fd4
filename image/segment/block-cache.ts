// Compressed blocks by what they hold, so that what has not changed is not compressed again: below the directory
// v1/<encoding>/ab/<SHA-256 of the uncompressed bytes>. A file is the SHA-256 of the block (32 bytes), then the block. Several
// processes may write and prune at once: files appear whole, and one that has gone or is damaged is a miss.

import { createHash, randomBytes } from 'node:crypto';
import {
  type Dirent,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import type { Sha256 } from '../../keys/digest.ts';

/** Which block: the bytes inside, and the name of what made it of them (filters, preset, version of the format). */
export interface BlockKey {
  readonly sha256: Sha256;
  /** A name that can stand as a folder. */
  readonly encoding: string;
}

/** What a cache holds. */
export interface BlockCacheInfo {
  readonly blocks: number;
  readonly bytes: number;
}

// Changes when the layout or the meaning of a key does; what an older version left is removed by `prune`.
const layout = 'v1';
const digestSize = 32;
const partialSuffix = '.partial';
/** Milliseconds after which an unfinished file is no longer being written. */
const abandonedAfter = 3_600_000;

/** The cache in a directory, which is made when something is put into it. */
export class BlockCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The block, or undefined when it is not there or not whole; a damaged one is removed. */
  get(key: BlockKey): Buffer | undefined {
    const path = this.#pathOf(key);
    const content = readWhole(path);
    if (content === undefined) return undefined;
    const block = content.subarray(digestSize);
    if (!sha256(block).equals(content.subarray(0, digestSize))) {
      rmSync(path, { force: true });
      return undefined;
    }
    touch(path);
    return block;
  }

  /** Keeps a block. A disk that is full or may not be written leaves things as they are: a cache is no reason to fail. */
  put(key: BlockKey, block: Buffer): void {
    const path = this.#pathOf(key);
    const partial = `${path}.${randomBytes(6).toString('hex')}${partialSuffix}`;
    try {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(partial, Buffer.concat([sha256(block), block]), { mode: 0o644, flag: 'wx' });
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      if (!['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code))) throw error;
    }
  }

  /** What is there now. */
  info(): BlockCacheInfo {
    const files = this.#files();
    return { blocks: files.length, bytes: total(files) };
  }

  /** Removes what was used longest ago until at most `limit` bytes are left. Gives what was removed. */
  prune(limit: number, now = Date.now()): BlockCacheInfo {
    this.#removeOld(now);
    const files = this.#files().sort((one, other) => one.used - other.used);
    let left = total(files);
    const removed: CachedFile[] = [];
    for (const file of files) {
      if (left <= limit) break;
      rmSync(file.path, { force: true });
      left -= file.size;
      removed.push(file);
    }
    return { blocks: removed.length, bytes: total(removed) };
  }

  #pathOf({ sha256: digest, encoding }: BlockKey): string {
    return join(this.#directory, layout, encoding, digest.slice(0, 2), digest);
  }

  // Other layouts, and what killed processes have left half-written.
  #removeOld(now: number): void {
    for (const { name } of entriesOf(this.#directory)) {
      if (name !== layout) rmSync(join(this.#directory, name), { recursive: true, force: true });
    }
    for (const { path, used } of this.#everyFile()) {
      if (path.endsWith(partialSuffix) && now - used > abandonedAfter) rmSync(path, { force: true });
    }
  }

  #files(): CachedFile[] {
    return this.#everyFile().filter(({ path }) => !path.endsWith(partialSuffix));
  }

  #everyFile(): CachedFile[] {
    return filesBelow(join(this.#directory, layout));
  }
}

interface CachedFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly used: number;
}

function filesBelow(folder: string): CachedFile[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    const status = statSync(path, { throwIfNoEntry: false });
    return status === undefined ? [] : [{ path, size: status.size, used: status.mtimeMs }];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

function readWhole(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Its time says when it was used last. Somebody else may have removed it, or own it. */
function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'EPERM')) throw error;
  }
}

function total(files: readonly CachedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
