// Small files below the cache folder, kept so that they need not be asked for again. They appear whole, and one that is gone is a
// miss; so is a folder that may not be read or written, or a full disk: a cache is no reason to fail. Nothing in them is believed.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { partialSuffix, removeOrphans } from '../../fetch/index.ts';

// Gone or never there; not ours; no room.
const noCache = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EEXIST'];

/** What `work` gives, or undefined where the folder does not allow it. */
export async function whereAllowed<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!noCache.some((code) => isSystemError(error, code))) throw error;
    return undefined;
  }
}

/** Says of a failure to read or write the cache that it is one; every other error passes unchanged. */
export function explainCache(error: unknown, cacheDir: string): unknown {
  const code = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].find((one) => isSystemError(error, one));
  if (code === undefined) return error;
  return new CooperError('image-cache-unusable', {
    what: `the cache of images ${cacheDir} cannot be used (${code})`,
    cause: error,
  });
}

/** Marks a file as used now. Access times are no help: many file systems do not keep them. */
export async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await whereAllowed(() => utimes(file, now, now));
}

/** Files by their path below a folder, which is made when something is put into it. */
export class KeptFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Its bytes, and it counts as used now; undefined when it is not there or has more than `limit` bytes. */
  async read(name: string, limit: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(name, limit);
    if (bytes !== undefined) await markUsed(this.pathOf(name));
    return bytes;
  }

  /** The same for whoever only looks. */
  peek(name: string, limit: number): Promise<Buffer | undefined> {
    const file = this.pathOf(name);
    return whereAllowed(async () => ((await stat(file)).size > limit ? undefined : readFile(file)));
  }

  async has(name: string): Promise<boolean> {
    return (await whereAllowed(() => stat(this.pathOf(name)))) !== undefined;
  }

  /** Puts it there, in place of what was there, where that is possible. */
  async keep(name: string, bytes: Buffer | string): Promise<void> {
    const file = this.pathOf(name);
    const partial = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
    const kept = await whereAllowed(async () => {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(partial + partialSuffix, bytes, { flag: 'wx', mode: 0o644 });
      await rename(partial + partialSuffix, file);
      return true;
    });
    if (kept !== true) await this.remove(path.join(path.dirname(name), path.basename(partial) + partialSuffix));
  }

  async remove(name: string): Promise<void> {
    await whereAllowed(() => rm(this.pathOf(name), { force: true }));
  }

  /** Names in a folder below, without those that are being written; what killed runs have left half-written is removed. */
  async list(below: string): Promise<string[]> {
    const folder = this.pathOf(below);
    const names = await whereAllowed(async () => {
      await removeOrphans(folder);
      return readdir(folder);
    });
    return (names ?? []).filter((name) => !name.startsWith('.'));
  }

  pathOf(name: string): string {
    return path.join(this.folder, name);
  }
}
