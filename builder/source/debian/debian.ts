// Sources in Debian's form: signed indices, packages chosen by the resolver, dpkg in the root.

import type { ResolvedImage } from '../../../variants/resolved.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import type { Choice, FetchedFiles, OpenSource, SourceKind } from '../kind.ts';
import type { FetchedPackage } from '../wanted.ts';
import type { ArchiveIndex } from './indices.ts';
import { installPackages } from './install/install.ts';
import { ownersOf } from './install/owners.ts';
import { lockedIndices, openArchive } from './open-archive.ts';
import { resolvePackages } from './resolver.ts';
import { wantedOf } from './wanted-of.ts';

/** @throws CooperError of what the functions that it is made of throw */
export const debian: SourceKind<'debian'> = {
  async open(image, request): Promise<OpenSource> {
    const { bases, index, fetch } = await openArchive(image.source, image, request);
    return {
      bases,
      async choose(images, stages) {
        const found = await index(stages);
        return stages.run('resolve', async () => images.map((each) => chooseFor(each, found)));
      },
      fetch,
      install(root, layer, files, context, hooks) {
        const { packages } = layer;
        return installPackages(root, withFiles(layer, files), { ...context, packages }, hooks);
      },
      scrub: 'scrub',
      owners: ownersOf,
    };
  },
};

function chooseFor({ layers }: ResolvedImage, index: ArchiveIndex): Choice {
  return {
    chain: layers.map((layer) => ({ layer, packages: wantedOf(resolvePackages(index, layer)) })),
    epoch: index.epoch,
    indices: lockedIndices(index),
    vouched: 'signature',
  };
}

function withFiles({ added }: LayerPlan, files: FetchedFiles): readonly FetchedPackage[] {
  return added.flatMap((item) => {
    const file = files.get(item.digest.sha256);
    return file === undefined ? [] : [{ ...item, file }];
  });
}
