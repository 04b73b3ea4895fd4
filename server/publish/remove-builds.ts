// Takes builds that are off the index from the disk. A folder is renamed away before it is emptied, so that nobody finds half of it
// under its name; what a kill leaves lies in the staging folder, which the next run clears. Older generations that name a build go
// first: what a kept generation names is there.

import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { foldersIn } from './departed.ts';
import { syncPath } from './files.ts';
import { readGenerations } from './generation.ts';
import { pathsOf } from './offer.ts';
import { liveTarget } from './published.ts';
import { treePaths } from './tree.ts';

/**
 * Removes the folders (as in the catalog) and image folders that are empty then. For whoever holds the lock.
 * @throws CooperError 'tree-damaged'; 'internal' for a build that is on offer
 */
export async function removeBuilds(tree: string, paths: readonly string[]): Promise<void> {
  const { staging } = treePaths(tree);
  if (paths.length > 0) await dropGenerations(tree, new Set(paths));
  const away = join(staging, 'removed');
  for (const path of paths) {
    await mkdir(staging, { recursive: true });
    await rename(join(tree, path), away);
    await syncPath(dirname(join(tree, path)));
    await rm(away, { recursive: true });
  }
  await removeEmpty(tree, 'images', 4);
}

/** Their last clients began before the builds left the index, longer ago than the grace. */
async function dropGenerations(tree: string, paths: ReadonlySet<string>): Promise<void> {
  const { live, generations } = treePaths(tree);
  const current = basename((await liveTarget(live)) ?? '');
  for (const [serial, offer] of await readGenerations(tree)) {
    if (![...pathsOf(offer)].some((path) => paths.has(path))) continue;
    if (serial === current) throw new CooperError('internal', { what: 'a build on offer was to be removed' });
    await rm(join(generations, serial), { recursive: true });
  }
}

/** Removes empty folders at most `depth` below `folder`, which stays. Also what an earlier run did not come to. */
async function removeEmpty(tree: string, folder: string, depth: number): Promise<void> {
  if (depth === 0) return;
  for (const child of await foldersIn(tree, folder)) {
    await removeEmpty(tree, child, depth - 1);
    try {
      await rmdir(join(tree, child));
    } catch (error) {
      if (!isSystemError(error, 'ENOTEMPTY') && !isSystemError(error, 'EEXIST')) throw error;
    }
  }
}
