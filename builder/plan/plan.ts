// What is to be built, decided before anything is built: from the archive's indices of today, or from a lock file.

import { CooperError } from '../../errors/index.ts';
import type { Stages } from '../../events/index.ts';
import type { Lock } from '../../image/index.ts';
import type { Sha256 } from '../../keys/index.ts';
import { imageName, ownLayer, type ResolvedImage } from '../../variants/index.ts';
import type { ImageRequest } from '../run.ts';
import {
  type ArchiveContext,
  type ArchiveIndex,
  fetchIndices,
  resolvePackages,
  type SuiteIndex,
  type WantedPackage,
  wantedOf,
} from '../source/index.ts';
import { type BuildSettings, definitionDigest, inputsDigest } from './inputs.ts';
import { type LayerPlan, planLayers } from './layers.ts';

/** One image with everything that goes into it. */
export interface ImagePlan extends ImageRequest {
  readonly layers: readonly LayerPlan[];
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly inputs: Sha256;
  /** The indices that the packages were chosen from, as the lock records them. */
  readonly indices: Lock['indices'];
}

/** Asks the archive, in the stages `index` and `resolve`. The images are of one release and architecture. */
export async function planFromArchive(
  images: readonly ImageRequest[],
  archive: ArchiveContext,
  settings: BuildSettings,
  stages: Stages,
): Promise<readonly ImagePlan[]> {
  const [first] = images;
  if (first === undefined) return [];
  const index = await stages.run('index', () => fetchIndices(first.image.source, first.image.architecture, archive));
  return stages.run('resolve', async () => images.map((asked) => planFromIndex(asked, index, settings)));
}

function planFromIndex(asked: ImageRequest, index: ArchiveIndex, settings: BuildSettings): ImagePlan {
  const { image } = asked;
  const layers = planLayers(
    image.layers.map((layer) => ({ layer, packages: wantedOf(resolvePackages(index, layer)) })),
  );
  return {
    ...asked,
    layers,
    epoch: settings.epoch ?? index.epoch,
    inputs: inputsDigest(image, layers, settings),
    indices: index.suites.map(indexEntry),
  };
}

function indexEntry({ name, archive, release, lists }: SuiteIndex): Lock['indices'][number] {
  const { path, size, sha256, date } = release;
  const packages = lists.map((list) => ({ path: list.path, size: list.size, sha256: list.sha256 }));
  return { suite: name, archive, path, size, sha256, date: date.toISOString(), packages };
}

/** Takes everything from the lock; nothing is asked. Throws `lock-mismatch`. */
export function planFromLock(asked: ImageRequest, lock: Lock): ImagePlan {
  const { image } = asked;
  checkLock(image, lock);
  const layers = planLayers(lockedChain(image, lock));
  return { ...asked, layers, epoch: lock.epoch, inputs: lock.inputs, indices: lock.indices };
}

function checkLock(image: ResolvedImage, lock: Lock): void {
  const { distribution, release, architecture, variant } = lock.image;
  const locked = imageName({ distribution, release, architecture, variant });
  if (locked !== imageName(image)) {
    throw new CooperError('lock-mismatch', { what: `the lock file is of ${locked}, not of ${imageName(image)}` });
  }
  if (lock.definition === definitionDigest(image)) return;
  const there = new Set(lock.packages.map(({ name }) => name));
  const lacking = ownLayer(image).include.filter((name) => !there.has(name));
  throw new CooperError('lock-mismatch', {
    what: `the definition of ${locked} is not the one that the lock file was made from`,
    lines: lacking.map((name) => `the definition names ${name}, the lock file does not have it`),
  });
}

// Variants whose layer was joined with the next one are not in the list of the lock.
function lockedChain(image: ResolvedImage, lock: Lock): Parameters<typeof planLayers>[0] {
  const position = new Map(lock.layers.map((variant, index) => [variant, index]));
  const packages = lock.packages.map((entry) => ({ entry, wanted: wantedFromLock(entry) }));
  const upTo = (variant: string): readonly WantedPackage[] => {
    const last = position.get(variant) ?? -1;
    return packages.filter(({ entry }) => (position.get(entry.layer) ?? 0) <= last).map(({ wanted }) => wanted);
  };
  return image.layers.map((layer) => ({ layer, packages: upTo(layer.variant) }));
}

function wantedFromLock(entry: Lock['packages'][number]): WantedPackage {
  const { name, version, architecture, multiArch, archive, path, essential, automatic, size, sha256 } = entry;
  const source = { name: entry.source, version: entry.sourceVersion };
  const digest = { size, sha256 };
  return { name, version, architecture, multiArch, archive, path, essential, automatic, source, digest };
}
