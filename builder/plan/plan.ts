// What is to be built, decided before anything is built: from what the source has today, or from a lock file.

import { CooperError } from '../../errors/index.ts';
import type { Stages } from '../../events/index.ts';
import type { Lock, Vouching } from '../../image/index.ts';
import type { Sha256 } from '../../keys/index.ts';
import { imageName, ownLayer, type ResolvedImage } from '../../variants/index.ts';
import type { ImageRequest } from '../run.ts';
import type { Choice, OpenSource } from '../source/kind.ts';
import type { SeedPart, WantedPackage } from '../source/wanted.ts';
import { type BuildSettings, definitionDigest, inputsDigest } from './inputs.ts';
import { joined, type LayerPlan, planLayers, type ResolvedLayer } from './layers.ts';

/** One image with everything that goes into it. */
export interface ImagePlan extends ImageRequest {
  readonly layers: readonly LayerPlan[];
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly inputs: Sha256;
  /** The indices that the packages were chosen from, as the lock records them. */
  readonly indices: Lock['indices'];
  /** By what that, and the seed, is vouched for. */
  readonly vouched: Vouching;
}

/** Asks the source, in the stages `index` and `resolve`. The images are of one release and architecture. */
export async function planFromSource(
  images: readonly ImageRequest[],
  source: Pick<OpenSource, 'choose'>,
  settings: BuildSettings,
  stages: Stages,
): Promise<readonly ImagePlan[]> {
  const asked = images.map(({ image }) => image);
  const choices = await source.choose(asked, stages);
  return images.flatMap((each, position) => {
    const choice = choices[position];
    return choice === undefined ? [] : [planOf(each, choice, settings)];
  });
}

function planOf(asked: ImageRequest, { chain, epoch, indices, vouched }: Choice, settings: BuildSettings): ImagePlan {
  const layers = planLayers(chain);
  const inputs = inputsDigest(asked.image, layers, settings);
  return { ...asked, layers, epoch: settings.epoch ?? epoch, inputs, indices, vouched };
}

/** Takes everything from the lock; nothing is asked. Throws `lock-mismatch`. */
export function planFromLock(asked: ImageRequest, lock: Lock): ImagePlan {
  const { image } = asked;
  checkLock(image, lock);
  const layers = planLayers(lockedChain(image, lock));
  const vouched = lock.source?.vouched ?? 'signature';
  return { ...asked, layers, epoch: lock.epoch, inputs: lock.inputs, indices: lock.indices, vouched };
}

function checkLock(image: ResolvedImage, lock: Lock): void {
  const { distribution, release, architecture, variant } = lock.image;
  const locked = imageName({ distribution, release, architecture, variant });
  if (locked !== imageName(image)) {
    throw new CooperError('lock-mismatch', { what: `the lock file is of ${locked}, not of ${imageName(image)}` });
  }
  if (lock.definition === definitionDigest(image)) return;
  const there = new Set(lock.packages.map(({ name }) => name));
  // The packages of a seed are not in it.
  const asked = lock.source?.seed === undefined ? ownLayer(image).include : [];
  const lacking = asked.filter((name) => !there.has(name));
  throw new CooperError('lock-mismatch', {
    what: `the definition of ${locked} is not the one that the lock file was made from`,
    lines: lacking.map((name) => `the definition names ${name}, the lock file does not have it`),
  });
}

type LockedSeed = NonNullable<NonNullable<Lock['source']>['seed']>[number];

function lockedChain(image: ResolvedImage, lock: Lock): readonly ResolvedLayer[] {
  const position = new Map(lock.layers.map((variant, index) => [variant, index]));
  const packages = lock.packages.map((entry) => ({ entry, wanted: wantedFromLock(entry) }));
  const upTo = (last: number): readonly WantedPackage[] =>
    packages.filter(({ entry }) => (position.get(entry.layer) ?? 0) <= last).map(({ wanted }) => wanted);
  const seed = (lock.source?.seed ?? []).map(seedFromLock);
  const chain: ResolvedLayer[] = [];
  let below: ResolvedLayer | undefined;
  for (const layer of image.layers) {
    const last = position.get(layer.variant);
    const own = { layer, packages: upTo(last ?? -1), seed };
    const whole = below === undefined ? own : joined(below, own);
    // One that is not in the list of the lock was joined with the next one.
    below = last === undefined ? whole : undefined;
    if (last !== undefined) chain.push(whole);
  }
  return chain;
}

function seedFromLock({ name, size, sha256, keptAs }: LockedSeed): SeedPart {
  return { name, digest: { size, sha256 }, ...(keptAs === undefined ? {} : { keptAs }) };
}

function wantedFromLock(entry: Lock['packages'][number]): WantedPackage {
  const { name, version, architecture, multiArch, archive, path, essential, automatic, size, sha256 } = entry;
  const source = { name: entry.source, version: entry.sourceVersion };
  const digest = { size, sha256 };
  return { name, version, architecture, multiArch, archive, path, essential, automatic, source, digest };
}
