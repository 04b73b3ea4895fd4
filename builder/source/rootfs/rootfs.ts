// Sources that are a root filesystem which somebody has published as one archive, or that stands beside the definition.

import { copyFile } from 'node:fs/promises';
import { CooperError } from '../../../errors/index.ts';
import type { Stages } from '../../../events/index.ts';
import { digestFile, type Vouching } from '../../../image/index.ts';
import type { FileDigest, Sha256 } from '../../../keys/index.ts';
import type { BesideFile, ResolvedImage, RootfsSource } from '../../../variants/resolved.ts';
import { openContentCache } from '../cache.ts';
import { ownersOf } from '../debian/install/owners.ts';
import { packageCacheOf } from '../fetched.ts';
import type { Choice, OpenSource, SourceContext, SourceKind } from '../kind.ts';
import { measureLayers, newestTime } from '../seed/archive-content.ts';
import { basesOf } from '../seed/bases.ts';
import { installSeed } from '../seed/install.ts';
import { installedIn } from '../seed/installed.ts';
import { seedFiles } from '../seed/seed-files.ts';
import type { SeedPart } from '../wanted.ts';
import { vouchedArchive } from './vouch.ts';

/** @throws CooperError of what the functions that it is made of throw */
export const rootfs: SourceKind<'rootfs'> = {
  async open(image, context): Promise<OpenSource> {
    const { source, packaging } = image;
    return {
      bases: basesOf(image, context.mirrors),
      choose: (images, stages) => choose(images, source, context, stages),
      // What was chosen is in the cache; what a lock names may still have to come.
      measure: (layers) => measureLayers(layers, context),
      fetch: (layers) => seedFiles(layers, context, () => archiveOf(source, context)),
      install: (root, layer, files, layerContext, hooks) =>
        installSeed(root, layer, files, { strip: source.topFolder === 'strip', packaging }, layerContext, hooks),
      scrub: 'scrub-locked',
      installed: installedIn,
      owners: ownersOf,
    };
  },
};

async function choose(
  images: readonly ResolvedImage[],
  source: RootfsSource,
  context: SourceContext,
  stages: Stages,
): Promise<readonly Choice[]> {
  const part = await stages.run('index', (report) =>
    archiveOf(source, context, (bytes) => report.progress(bytes, 0, 'bytes')),
  );
  const epoch = await stages.run('resolve', () => newestTime(part, context));
  return images.map(({ layers }) => ({
    chain: layers.map((layer) => ({ layer, packages: [], seed: [part] })),
    epoch,
    indices: [],
    vouched: vouchingOf(source),
  }));
}

async function archiveOf(
  { archive }: RootfsSource,
  context: SourceContext,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<SeedPart> {
  if ('url' in archive) return { name: archive.url, digest: await vouchedArchive(archive, context, onProgress) };
  const { size, sha256 } = archive.file;
  const part: SeedPart = { name: 'beside the definition', digest: { size, sha256: sha256 as Sha256 } };
  const cache = await openContentCache(packageCacheOf(context.cacheDir));
  if ((await cache.find(sha256)) === undefined) await cache.add((to) => copied(archive.file, to));
  return part;
}

/** A definition is read before it is built: what stands beside it may have changed since. */
async function copied(file: BesideFile, to: string): Promise<FileDigest> {
  await copyFile(file.place(), to);
  const digest = await digestFile(to);
  if (digest.sha256 === file.sha256) return digest;
  throw new CooperError('digest-mismatch', {
    what: `${file.place()} was changed while it was read`,
    next: 'Build again',
  });
}

function vouchingOf({ archive }: RootfsSource): Vouching {
  if ('file' in archive) return 'digest';
  return archive.verify.by === 'digest' ? 'digest' : 'signature';
}
