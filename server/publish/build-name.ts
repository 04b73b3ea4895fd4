// Names of builds: `YYYYMMDD_HH:MM`, UTC, the first free minute from now on. A name that was ever published is not given again: the
// newest build of an image stays on offer or is remembered as withdrawn, and a new name is later than all that are known.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import type { BuildName } from '../../image/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { buildNameAfter } from './build-time.ts';
import { readGenerations } from './generation.ts';
import { imageFolder } from './tree.ts';
import { requireKnownFormat } from './tree-format.ts';

/**
 * The name for the next build of an image: later than all on disk, in the live generation and in the older ones that are still
 * there, and than those that were withdrawn. A clock that goes back changes nothing: the next build is the newest for clients too.
 * Reserves nothing: when two builds get the same name, the second one to be published fails with 'build-exists'.
 * @throws CooperError 'tree-damaged', 'tree-too-new'
 */
export async function nextBuildName(tree: string, id: ImageId, now: Date): Promise<BuildName> {
  await requireKnownFormat(tree);
  const known = await names(join(tree, imageFolder(id)));
  for (const offer of (await readGenerations(tree)).values()) {
    const image = offer.get(imageName(id));
    known.push(...(image?.withdrawn ?? []), ...(image?.builds.map(({ build }) => build) ?? []));
  }
  return buildNameAfter(known, now);
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
