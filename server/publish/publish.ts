// The order of a publish. Files land before the index that names them; one rename shows everything; whatever is cut off
// before leaves the old generation live and is cleaned up by the next run.

import { chmod, mkdir } from 'node:fs/promises';
import { CooperError, explainSystemError } from '../../errors/index.ts';
import type { Manifest } from '../../image/index.ts';
import { type Certificate, readCertificates } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { imageName } from '../../variants/identity.ts';
import type { CheckedBuild } from './check-build.ts';
import { catalogLife, generationDocuments } from './documents.ts';
import { goLive, pruneGenerations, writeGeneration } from './generation.ts';
import { withLock } from './lock.ts';
import { type Offer, withBuild } from './offer.ts';
import { placeBuild, type SignedBuild, takeBack } from './place.ts';
import { readPublished } from './published.ts';
import { buildFolder, treePaths } from './tree.ts';

/** Steps in their order, told before each begins. */
export type PublishStep = 'clean' | 'place' | 'write' | 'switch' | 'prune';

/** `signal`: stops a publish that has not switched yet, also one that waits for another publisher. */
export interface PublishOptions {
  readonly onStep?: StepReport;
  readonly signal?: AbortSignal;
}

type StepReport = (step: PublishStep) => void;

/** What a publish made visible. */
export interface PublishedGeneration {
  readonly serial: number;
  readonly fingerprint: string;
  readonly expires: Date;
  /** The builds that this publish added; paths relative to the root of the server. */
  readonly builds: readonly { readonly image: string; readonly build: string; readonly path: string }[];
  /** Number of images that are on offer now. */
  readonly images: number;
}

/**
 * Publishes signed builds into the tree at `tree` (made when missing) as one new generation. Without builds it renews
 * signatures and expiry of what is there. Atomic; publishers of one tree queue.
 * @throws CooperError 'build-incomplete', 'build-exists', 'tree-damaged', 'not-published', 'no-space'
 */
export async function publish(
  tree: string,
  builds: readonly SignedBuild[],
  signer: Signer,
  now: Date,
  options: PublishOptions = {},
): Promise<PublishedGeneration> {
  const paths = treePaths(tree);
  if ((await mkdir(tree, { recursive: true })) !== undefined) await chmod(tree, 0o755);
  try {
    const onStep = stepper(options);
    return await withLock(paths.lock, () => publishLocked(tree, builds, signer, now, onStep), options.signal);
  } catch (error) {
    throw explainSystemError(error, `publishing into ${tree}`);
  }
}

// What is switched stays switched: there is no stopping after that.
function stepper({ onStep, signal }: PublishOptions): StepReport {
  return (step) => {
    if (step !== 'prune') signal?.throwIfAborted();
    onStep?.(step);
  };
}

async function publishLocked(
  tree: string,
  builds: readonly SignedBuild[],
  signer: Signer,
  now: Date,
  onStep: StepReport,
): Promise<PublishedGeneration> {
  const [publisher] = await readCertificates(Buffer.from(signer.certificate));
  if (publisher === undefined) throw new TypeError('the signer has no certificate');
  onStep('clean');
  await clean(tree, publisher);
  try {
    const published = await publishCleanly(tree, builds, { signer, publisher }, now, onStep);
    onStep('prune');
    return published;
  } finally {
    await clean(tree, publisher);
  }
}

async function publishCleanly(
  tree: string,
  builds: readonly SignedBuild[],
  { signer, publisher }: { readonly signer: Signer; readonly publisher: Certificate },
  now: Date,
  onStep: StepReport,
): Promise<PublishedGeneration> {
  const previous = await readPublished(tree, publisher);
  let offer: Offer = previous?.offer ?? new Map();
  if (builds.length === 0 && offer.size === 0) {
    throw new CooperError('not-published', { what: `there is nothing to publish in ${tree}` });
  }
  onStep('place');
  const placed: CheckedBuild[] = [];
  for (const build of builds) placed.push(await placeBuild(tree, build, publisher, now));
  for (const { manifest, digest } of placed) offer = withBuild(offer, manifest, digest);
  onStep('write');
  const serial = nextSerial(previous?.serial ?? 0, now);
  await writeGeneration(tree, serial, await generationDocuments(offer, serial, signer, now));
  onStep('switch');
  await goLive(tree, serial);
  return {
    serial,
    fingerprint: signer.fingerprint,
    expires: new Date(now.getTime() + catalogLife),
    builds: placed.map(({ manifest }) => announced(manifest)),
    images: offer.size,
  };
}

/** Takes back whatever the live catalog does not announce: of this publish when it failed, of an earlier one cut off. */
async function clean(tree: string, publisher: Certificate): Promise<void> {
  const published = await readPublished(tree, publisher);
  await takeBack(tree, published?.offer ?? new Map());
  await pruneGenerations(tree);
}

/** Grows with the clock, so that a tree made anew does not look like a rollback to clients that knew the old one. Pure. */
export function nextSerial(previous: number, now: Date): number {
  return Math.max(previous + 1, Math.floor(now.getTime() / 1000));
}

function announced(manifest: Manifest) {
  return { image: imageName(manifest), build: manifest.build, path: buildFolder(manifest, manifest.build) };
}
