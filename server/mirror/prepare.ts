// Before anything large is fetched: what the wanted builds consist of, and whether there is room for it.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Publisher } from '../../client/index.ts';
import { together } from '../../fetch/index.ts';
import { treePaths } from '../publish/tree.ts';
import { obtainManifest } from './manifest.ts';
import type { WantedBuild } from './plan.ts';
import { bytesIn, bytesOnDisk, freeBytes, requireSpace } from './space.ts';

/**
 * Fetches the manifests of the builds to where the builds will come together. Gives the bytes that it has fetched.
 * @throws CooperError as fetchManifest does; 'no-space'
 */
export async function prepareBuilds(
  tree: string,
  wanted: readonly WantedBuild[],
  origin: Publisher,
  signal: AbortSignal,
): Promise<number> {
  const { fetching } = treePaths(tree);
  const works = wanted.map((build) => async (joined: AbortSignal) => {
    const folder = join(fetching, build.manifest.sha256);
    await mkdir(folder, { recursive: true });
    const { contents, fetched } = await obtainManifest(folder, build, { ...origin, signal: joined });
    const needed = bytesOnDisk(build, contents) - (await bytesIn(folder));
    return { fetched, needed: Math.max(0, needed) };
  });
  const builds = await together(signal, works);
  const needed = builds.reduce((sum, build) => sum + build.needed, 0);
  requireSpace(tree, { needed, free: await freeBytes(tree) });
  return builds.reduce((sum, { fetched }) => sum + fetched, 0);
}
