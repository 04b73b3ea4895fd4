// Compressed blocks by what they hold, so that what has not changed is not compressed again: below the directory
// v1/<encoding>/ab/<SHA-256 of the uncompressed bytes>. A file is the SHA-256 of its key and the block (32 bytes), then the block.
// Several processes may write and prune at once: files appear whole, and one that has gone or is damaged is a miss. So is a
// folder that may not be read or written, or a full disk: a cache is no reason to fail.

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
    const content = attempt(() => readFileSync(path));
    if (content === undefined) return undefined;
    const block = content.subarray(digestSize);
    if (!sealOf(key, block).equals(content.subarray(0, digestSize))) {
      remove(path);
      return undefined;
    }
    // Its time says when it was used last.
    const now = new Date();
    attempt(() => utimesSync(path, now, now));
    return block;
  }

  /** Keeps a block where that is possible. */
  put(key: BlockKey, block: Buffer): void {
    const path = this.#pathOf(key);
    const partial = `${path}.${randomBytes(6).toString('hex')}${partialSuffix}`;
    const kept = attempt(() => {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(partial, Buffer.concat([sealOf(key, block), block]), { mode: 0o644, flag: 'wx' });
      renameSync(partial, path);
      return true;
    });
    if (kept !== true) remove(partial);
  }

  /** What is there now. */
  info(): BlockCacheInfo {
    const files = this.#files();
    return { blocks: files.length, bytes: total(files) };
  }

  /**
   * Removes what was used longest ago, and may be removed, until at most `limit` bytes are left. Gives what was removed; with `dryRun`
   * what would be.
   */
  prune(limit: number, now = Date.now(), dryRun = false): BlockCacheInfo {
    if (!dryRun) this.#removeOld(now);
    const files = this.#files().sort((one, other) => one.used - other.used);
    let left = total(files);
    const removed: CachedFile[] = [];
    for (const file of files) {
      if (left <= limit) break;
      if (!dryRun && !remove(file.path)) continue;
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
      if (name !== layout) remove(join(this.#directory, name));
    }
    for (const { path, used } of this.#everyFile()) {
      if (path.endsWith(partialSuffix) && now - used > abandonedAfter) remove(path);
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
    const status = attempt(() => statSync(path));
    return status === undefined ? [] : [{ path, size: status.size, used: status.mtimeMs }];
  });
}

function entriesOf(folder: string): Dirent[] {
  return attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}

/** Whether it is gone. Somebody else may have removed it, or own it. */
function remove(path: string): boolean {
  return (
    attempt(() => {
      rmSync(path, { recursive: true, force: true });
      return true;
    }) ?? false
  );
}

// Gone or never there; not ours; no room.
const noCache = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];

/** What `work` gives, or undefined where there is no cache to work with. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!noCache.some((code) => isSystemError(error, code))) throw error;
    return undefined;
  }
}

function total(files: readonly CachedFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** With the key: a whole block at the place of another one is damage, too. */
function sealOf({ sha256, encoding }: BlockKey, block: Buffer): Buffer {
  return createHash('sha256').update(`${encoding}/${sha256}/`).update(block).digest();
}
