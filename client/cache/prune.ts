// Removes images from the cache, and what is kept for them. What another run has in its hands stays, and so does what this user may not
// remove.

import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Sha256 } from '../../keys/index.ts';
import { removeUnlessTaken } from '../fetch/partial-archive.ts';
import { type CachedImage, cachedImages } from './cached-images.ts';
import { archivesIn } from './image-archives.ts';
import { takeImage } from './image-use.ts';
import { type KeptFiles, whereAllowed } from './kept-files.ts';
import { type CacheLimits, chooseRemovals } from './removal.ts';

/** What was removed, and what should have been but is in use or somebody else's. */
export interface Pruned {
  readonly removed: readonly CachedImage[];
  readonly stayed: readonly CachedImage[];
}

/** Removes what is beyond the limits. `dryRun`: only says what would be. */
export async function pruneImages(files: KeptFiles, limits: CacheLimits, now: number, dryRun = false): Promise<Pruned> {
  const images = await cachedImages(files);
  const chosen = chooseRemovals(images, limits, now);
  if (dryRun) return { removed: chosen, stayed: [] };
  const removed: CachedImage[] = [];
  for (const image of chosen) if (await removeImage(files, image)) removed.push(image);
  const left = images.filter((image) => !removed.includes(image));
  await removeDocuments(files, left, now - limits.expiry);
  return { removed, stayed: chosen.filter((image) => !removed.includes(image)) };
}

/** Whether anything is beyond the limits, as far as archives tell: much cheaper than to look what they are of. */
export async function isOverLimits(files: KeptFiles, limits: CacheLimits, now: number): Promise<boolean> {
  const archives = await Promise.all(
    (await archivesIn(files.folder)).map(async (file) => {
      const status = await whereAllowed(() => stat(file));
      return status === undefined ? [] : [{ bytes: status.size, used: status.mtimeMs }];
    }),
  );
  return chooseRemovals(archives.flat(), limits, now).length > 0;
}

async function removeImage(files: KeptFiles, image: CachedImage): Promise<boolean> {
  if (image.manifest === undefined) return (await Promise.all(image.files.map(removeFile))).every(Boolean);
  const use = await takeImage(files.folder, image.manifest);
  if (use === undefined) return false;
  if (await wasUsedSince(image)) {
    await use.end();
    return false;
  }
  // The manifest last: as long as it is there, the next run knows what the rest is.
  for (const file of image.files) if (!(await removeFile(file))) return use.end().then(() => false);
  await use.remove();
  return true;
}

/** Another run may have begun and ended since it was looked at. */
async function wasUsedSince({ files, used }: CachedImage): Promise<boolean> {
  const times = await Promise.all(files.map((file) => whereAllowed(() => stat(file))));
  return times.some((status) => status !== undefined && status.mtimeMs > used);
}

async function removeFile(file: string): Promise<boolean> {
  if (file.endsWith('.part')) return (await whereAllowed(() => removeUnlessTaken(file))) ?? false;
  return (await whereAllowed(async () => rm(file, { force: true }).then(() => true))) ?? false;
}

/** Signed documents that nobody has used since, and locks of images that are gone. */
async function removeDocuments(files: KeptFiles, left: readonly CachedImage[], since: number): Promise<void> {
  const needed = new Set(left.flatMap((image) => image.files));
  const manifests = new Set(left.map(({ manifest }) => manifest));
  const folders = ['documents', ...(await below(files, 'catalogs')), ...(await below(files, 'attestations'))];
  for (const folder of folders) {
    for (const name of await files.list(folder)) {
      const file = path.join(folder, name);
      const status = await whereAllowed(() => stat(files.pathOf(file)));
      if (status !== undefined && status.mtimeMs < since && !needed.has(files.pathOf(file))) await files.remove(file);
    }
  }
  for (const name of await files.list('locks')) {
    if (!manifests.has(name as Sha256)) await (await takeImage(files.folder, name as Sha256))?.remove();
  }
}

async function below(files: KeptFiles, folder: string): Promise<string[]> {
  return (await files.list(folder)).map((name) => path.join(folder, name));
}
