// What a build keeps of its seed as it is, beside image.json.

import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayerPlan } from '../../plan/layers.ts';
import { openContentCache } from '../cache.ts';
import { packageCacheOf } from '../fetched.ts';

/** Copies them into `folder`. They were fetched for this build. */
export async function writeKeptSeeds(layers: readonly LayerPlan[], cacheDir: string, folder: string): Promise<void> {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  for (const { keptAs, digest } of layers.flatMap(({ seed }) => seed)) {
    if (keptAs === undefined) continue;
    const file = await cache.find(digest.sha256);
    if (file === undefined) throw new TypeError(`${keptAs} of a build is not in the cache`);
    await copyFile(file.path, join(folder, keptAs));
    await chmod(join(folder, keptAs), 0o644);
  }
}
