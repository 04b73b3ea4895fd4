// What builds keep so that it need not be fetched again: told, and made smaller while no run uses it. What leaves is decided elsewhere.

import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { type StoredFile, storedIn } from './cache.ts';
import { withUnusedCaches } from './cache-lock.ts';
import { listCacheOf, noteFolderOf, packageCacheOf, privateCacheOf, scriptCacheOf } from './fetched.ts';

/**
 * `packages`: packages and archives of sources; `indices`: package lists; `private`: archives that were made of folders and containers;
 * `fetched`: what scripts have fetched, which a build from a lock file has from nowhere else.
 */
export type StoreKind = 'packages' | 'indices' | 'private' | 'fetched';

/** A file that may leave on its own. */
export interface StoreFile extends StoredFile {
  readonly kind: StoreKind;
}

const folders: Readonly<Record<StoreKind, (cacheDir: string) => string>> = {
  packages: packageCacheOf,
  indices: listCacheOf,
  private: (cacheDir) => packageCacheOf(privateCacheOf(cacheDir)),
  fetched: scriptCacheOf,
};

/** Where the files of a kind are. `cacheDir`: the home folder's cache. */
export function storeFolder(cacheDir: string, kind: StoreKind): string {
  return folders[kind](cacheDir);
}

/** What there is of these kinds; of a folder that may not be read, nothing. */
export async function storeFiles(cacheDir: string, kinds: readonly StoreKind[]): Promise<StoreFile[]> {
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const files = (await whereAllowed(() => storedIn(storeFolder(cacheDir, kind)))) ?? [];
      return files.map((file) => ({ ...file, kind }));
    }),
  );
  return found.flat();
}

/** What has gone, and what was to go but is in use or not to be removed by this user. */
export interface PrunedStore {
  readonly removed: readonly StoreFile[];
  readonly stayed: readonly StoreFile[];
}

/** Removes what `choose` names of the files of these kinds. While a run uses the caches all of it stays. */
export async function pruneStore(
  cacheDir: string,
  kinds: readonly StoreKind[],
  choose: (files: readonly StoreFile[]) => readonly StoreFile[],
): Promise<PrunedStore> {
  const remove = async () => {
    const chosen = choose(await storeFiles(cacheDir, kinds));
    const removed: StoreFile[] = [];
    for (const file of chosen) if (await removeFile(file.path)) removed.push(file);
    for (const part of [cacheDir, privateCacheOf(cacheDir)]) await removeNotes(part);
    return { removed, stayed: chosen.filter((file) => !removed.includes(file)) };
  };
  const done = await withUnusedCaches(cacheDir, remove);
  return done === 'busy' ? { removed: [], stayed: choose(await storeFiles(cacheDir, kinds)) } : done;
}

/** Notes on archives that are not there any more. */
async function removeNotes(cacheDir: string): Promise<void> {
  const folder = noteFolderOf(cacheDir);
  const names = (await whereAllowed(() => readdir(folder))) ?? [];
  const files = await whereAllowed(() => storedIn(packageCacheOf(cacheDir)));
  // Where nobody can tell what is there, nothing is known to be gone.
  if (files === undefined) return;
  const there = new Set(files.map(({ sha256 }) => sha256));
  for (const name of names) {
    const note = join(folder, name);
    const of = name.endsWith('.content') ? name.slice(0, 64) : await whereAllowed(() => readFile(note, 'latin1'));
    if (of !== undefined && !there.has(of.trim())) await removeFile(note);
  }
}

async function removeFile(path: string): Promise<boolean> {
  await whereAllowed(() => rm(path, { force: true }));
  return (await whereAllowed(() => stat(path))) === undefined;
}

/** What `work` gives; undefined for what is gone, never was there, or is not ours. */
async function whereAllowed<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code))) throw error;
    return undefined;
  }
}
