// A turn at a tree, for everything that changes it with the publisher's key: one at a time, under the tree's lock. Whatever an
// earlier turn left half-done is taken back first, and what this one leaves when it fails at its end. One rename shows a new
// generation; the files that it names have landed before.

import { existsSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { explainSystemError } from '../../errors/index.ts';
import { type Certificate, readCertificates } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { certificatesFor } from './attesters.ts';
import { recordDeparted } from './departed.ts';
import { catalogLife, generationDocuments } from './documents.ts';
import { goLive, pruneGenerations, writeGeneration } from './generation.ts';
import { withLock } from './lock.ts';
import { channelsOf, type Offer } from './offer.ts';
import { takeBack } from './place.ts';
import { type Published, readPublished } from './published.ts';
import { streamItems } from './stream-items.ts';
import { treePaths } from './tree.ts';
import { requireKnownFormat } from './tree-format.ts';

/** Steps in their order, told before each begins. Not every turn has all of them. */
export type PublishStep = 'clean' | 'place' | 'write' | 'record' | 'switch' | 'remove' | 'prune';

/** `signal`: stops a turn that has not switched yet, also one that waits for another. */
export interface TurnOptions {
  readonly onStep?: (step: PublishStep) => void;
  readonly signal?: AbortSignal;
}

/** Who signs, and when. */
export interface Signing {
  readonly signer: Signer;
  readonly now: Date;
}

/** A generation that is live. */
export interface LiveGeneration {
  readonly serial: number;
  readonly fingerprint: string;
  readonly expires: Date;
  /** Number of images that are on offer now. */
  readonly images: number;
}

/** The tree while nobody else changes it. */
export interface Turn extends Signing {
  readonly tree: string;
  readonly publisher: Certificate;
  /** What is live; empty before the first publish. */
  readonly offer: Offer;
  readonly onStep: (step: PublishStep) => void;
  /**
   * Makes the offer live, as a new generation; its builds and attestations have to be in the tree. `given`: certificates of attesters
   * that are to take the place of those that are live. At most once in a turn.
   */
  readonly show: (offer: Offer, given?: readonly Certificate[]) => Promise<LiveGeneration>;
}

/**
 * Does `work` with the tree at `tree` (made when missing) in a turn of its own.
 * @throws CooperError 'tree-damaged', 'tree-too-new', 'no-space', 'tool-missing'; what `work` throws; the signal's reason
 */
export async function takeTurn<T>(
  tree: string,
  signing: Signing,
  options: TurnOptions,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  await requireKnownFormat(tree);
  if ((await mkdir(tree, { recursive: true })) !== undefined) await chmod(tree, 0o755);
  try {
    return await withLock(treePaths(tree).lock, () => turnLocked(tree, signing, options, work), options.signal);
  } catch (error) {
    throw explainSystemError(error, `publishing into ${tree}`);
  }
}

/** Takes back what a turn that was killed has left: for runs that find nothing to do. Throws what takeTurn does. */
export async function cleanAbandoned(
  tree: string,
  publisher: Certificate,
  { now, signal }: { readonly now: Date; readonly signal?: AbortSignal },
): Promise<void> {
  if (!existsSync(treePaths(tree).staging)) return;
  await withLock(treePaths(tree).lock, () => clean(tree, publisher, now), signal);
}

async function turnLocked<T>(
  tree: string,
  signing: Signing,
  options: TurnOptions,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const [publisher] = await readCertificates(Buffer.from(signing.signer.certificate));
  if (publisher === undefined) throw new TypeError('the signer has no certificate');
  const onStep = stepper(options);
  onStep('clean');
  await clean(tree, publisher, signing.now);
  try {
    const previous = await readPublished(tree, publisher);
    const serial = nextSerial(previous?.serial ?? 0, signing.now);
    const show = (offer: Offer, given: readonly Certificate[] = []) =>
      showOffer({ tree, previous, offer, given, serial, onStep }, signing);
    const result = await work({ ...signing, tree, publisher, offer: previous?.offer ?? new Map(), onStep, show });
    onStep('prune');
    return result;
  } finally {
    await clean(tree, publisher, signing.now);
  }
}

// What is switched stays switched: there is no stopping after that.
function stepper({ onStep, signal }: TurnOptions): (step: PublishStep) => void {
  return (step) => {
    if (step !== 'remove' && step !== 'prune') signal?.throwIfAborted();
    onStep?.(step);
  };
}

interface Shown extends Pick<Turn, 'tree' | 'offer' | 'onStep'> {
  readonly previous: Published | undefined;
  readonly given: readonly Certificate[];
  readonly serial: number;
}

async function showOffer(shown: Shown, { signer, now }: Signing): Promise<LiveGeneration> {
  const { tree, previous, offer, given, serial, onStep } = shown;
  onStep('write');
  const others = await certificatesFor(tree, offer, given);
  const items = await streamItems(tree, previous, offer);
  const documents = await generationDocuments({ offer, items, others }, serial, signer, now);
  await writeGeneration(tree, serial, documents, channelsOf(offer));
  onStep('record');
  await recordDeparted(tree, offer, now);
  onStep('switch');
  await goLive(tree, serial);
  const { fingerprint } = signer;
  return { serial, fingerprint, expires: new Date(now.getTime() + catalogLife), images: offer.size };
}

/** Takes back whatever the live catalog does not announce: of this turn when it failed, of an earlier one cut off. */
async function clean(tree: string, publisher: Certificate, now: Date): Promise<void> {
  const offer: Offer = (await readPublished(tree, publisher))?.offer ?? new Map();
  await takeBack(tree, offer);
  await pruneGenerations(tree);
  await recordDeparted(tree, offer, now);
}

/** Grows with the clock, so that a tree made anew does not look like a rollback to clients that knew the old one. Pure. */
export function nextSerial(previous: number, now: Date): number {
  return Math.max(previous + 1, Math.floor(now.getTime() / 1000));
}
