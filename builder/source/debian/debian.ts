// Sources in Debian's form: signed indices, packages chosen by the resolver, dpkg in the root.

import type { Lock } from '../../../image/index.ts';
import type { ResolvedImage } from '../../../variants/resolved.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import type { Choice, FetchedFiles, OpenSource, SourceKind } from '../kind.ts';
import { type FetchedPackage, packageKey, type WantedPackage } from '../wanted.ts';
import { fetchPackages } from './fetch-packages.ts';
import { type ArchiveIndex, fetchIndices, type SuiteIndex } from './indices.ts';
import { installPackages } from './install/install.ts';
import { ownersOf } from './install/owners.ts';
import { chooseMirrors } from './mirror.ts';
import { resolvePackages } from './resolver.ts';
import { wantedOf } from './wanted-of.ts';

/** @throws CooperError of what the functions that it is made of throw */
export const debian: SourceKind<'debian'> = {
  async open({ source, release, architecture }, { mirrors: named, ...context }): Promise<OpenSource> {
    const mirrors = await chooseMirrors(source, release, named);
    const archive = { ...context, mirrors };
    return {
      bases: new Map([
        [source.mirrors.main, mirrors.main],
        [source.mirrors.security, mirrors.security],
      ]),
      async choose(images, stages) {
        const index = await stages.run('index', () => fetchIndices(source, architecture, archive));
        return stages.run('resolve', async () => images.map((image) => chooseFor(image, index)));
      },
      async fetch(layers, onProgress) {
        const fetched = await fetchPackages(packagesAdded(layers), archive, onProgress);
        return new Map(fetched.map(({ digest, file }) => [digest.sha256, file]));
      },
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
    indices: index.suites.map(indexEntry),
    vouched: 'signature',
  };
}

function indexEntry({ name, archive, release, lists }: SuiteIndex): Lock['indices'][number] {
  const { path, size, sha256, date } = release;
  const packages = lists.map((list) => ({ path: list.path, size: list.size, sha256: list.sha256 }));
  return { suite: name, archive, path, size, sha256, date: date.toISOString(), packages };
}

/** Each package once, though several images have it. */
function packagesAdded(layers: readonly LayerPlan[]): readonly WantedPackage[] {
  const packages = layers.flatMap(({ added }) => added);
  return [...new Map(packages.map((item) => [packageKey(item), item])).values()];
}

function withFiles({ added }: LayerPlan, files: FetchedFiles): readonly FetchedPackage[] {
  return added.flatMap((item) => {
    const file = files.get(item.digest.sha256);
    return file === undefined ? [] : [{ ...item, file }];
  });
}
