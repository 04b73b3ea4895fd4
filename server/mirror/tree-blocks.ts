// What a tree has of the blocks of a build that is to come: variants and builds of one release and architecture have most of them in
// common. The newest of each is looked at, and the build itself, where it was given up and is wanted again.

import { join } from 'node:path';
import { LocalBlocks } from '../../client/index.ts';
import { isSystemError } from '../../errors/index.ts';
import { encodingNames } from '../../image/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import type { Offer } from '../publish/offer.ts';
import type { WantedBuild } from './plan.ts';

/** Where archives may be. */
export interface BlockSources {
  readonly tree: string;
  /** What the tree has already. */
  readonly present: Offer;
  /** What this run has fetched, in the order in which it was. */
  readonly fetched: readonly { readonly folder: string; readonly image: ImageId }[];
}

const related = ['distribution', 'release', 'architecture'] as const;

/** True for images that have blocks in common. Pure. */
export function areRelated(one: ImageId, other: ImageId): boolean {
  return related.every((key) => one[key] === other[key]);
}

/** Opens all of them. The caller closes it. */
export async function blocksOfTree(
  wanted: WantedBuild,
  { tree, present, fetched }: BlockSources,
): Promise<LocalBlocks> {
  const here = new LocalBlocks();
  try {
    await addArchives(here, join(tree, wanted.path));
    for (const { builds, ...image } of present.values()) {
      const [newest] = builds;
      if (newest !== undefined && areRelated(image, wanted)) await addArchives(here, join(tree, newest.path));
    }
    const last = new Map(
      fetched.filter(({ image }) => areRelated(image, wanted)).map(({ image, folder }) => [image.variant, folder]),
    );
    for (const folder of last.values()) await addArchives(here, folder);
    return here;
  } catch (error) {
    await here.close();
    throw error;
  }
}

async function addArchives(here: LocalBlocks, folder: string): Promise<void> {
  for (const encoding of encodingNames) {
    try {
      await here.add(join(folder, `rootfs.tar.${encoding}`));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
}
