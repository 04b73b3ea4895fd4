// What an origin has, beside what the tree has: judged before anything is fetched or removed.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchShards, openPublisher, type Publisher, type ShardFile } from '../../client/index.ts';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { Stages } from '../../events/index.ts';
import { type Selection, selectionDocument, stableChannel, unmatchedNames } from '../../image/index.ts';
import { type Offer, offerOfShards } from '../publish/offer.ts';
import type { Published } from '../publish/published.ts';
import { selectedOffer } from '../publish/selected-offer.ts';
import { streamsPaths } from '../publish/streams.ts';
import { treePaths } from '../publish/tree.ts';
import type { MirrorRequest } from './mirrored.ts';
import { changedBuild, misplaced, type WantedBuild, wantedBuilds } from './plan.ts';

/** Opens the origin, as every reader of a catalog does. Throws what openPublisher throws. */
export function openOrigin(request: MirrorRequest, stages: Stages): Promise<Publisher> {
  return stages.run('catalog', async (report) => {
    const opened = await openPublisher(request);
    for (const message of opened.notices) report.notice(message);
    return opened;
  });
}

/** What is to be done. */
export interface Survey {
  readonly shards: readonly ShardFile[];
  /** What the tree is to have: of all that the origin offers, what is in the selection. */
  readonly offer: Offer;
  /** What is to be fetched for that. */
  readonly wanted: readonly WantedBuild[];
  /** Nothing is to be done. */
  readonly isLive: boolean;
}

/** What is wanted, and who hears of what should be read. */
export interface Wish {
  readonly selection: Selection;
  readonly onNotice: (message: string) => void;
}

/**
 * Reads what the origin offers; `previous` is what is live in the tree.
 * @throws CooperError as fetchShards does; 'rollback-refused', 'signed-document-invalid'; 'image-not-found' for a new selection of nothing
 */
export async function surveyOrigin(
  tree: string,
  origin: Publisher,
  previous: Published | undefined,
  { selection, onNotice }: Wish,
): Promise<Survey> {
  const { serial } = origin.catalog;
  requireNewer(serial, previous?.serial ?? 0, tree);
  const shards = await fetchShards(origin);
  const all = offerOfShards(shards.map(({ shard }) => shard));
  const present: Offer = previous?.offer ?? new Map();
  requireSound(origin, misplaced(all) ?? changedBuild(all, present));
  const offer = selectedOffer(all, selection);
  const isSame = previous !== undefined && isSameSelection(previous.selection, selection);
  for (const { part, name } of unmatchedNames(selection, [...all.values()])) {
    onNotice(`the origin has no image of the ${part} ${name}`);
  }
  // What the origin gives up later is followed; a selection that begins with nothing is a mistake.
  if (!isSame && all.size > 0 && offer.size === 0) throw nothingSelected(origin);
  const isLive = isSame && previous.serial === serial && !(await lacksStreams(tree, previous));
  return { shards, offer, wanted: isLive ? [] : wantedBuilds(offer, present), isLive };
}

/** An earlier version of this program has followed the catalog, and has left out what it did not know. */
async function lacksStreams(tree: string, { streams }: Published): Promise<boolean> {
  if (streams === undefined) return false;
  try {
    await access(join(treePaths(tree).live, streamsPaths(stableChannel).images));
    return false;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true;
    throw error;
  }
}

/** True when both leave out the same. */
export function isSameSelection(one: Selection, other: Selection): boolean {
  return selectionDocument(one) === selectionDocument(other);
}

/** The trust store of another home may never have seen what this tree has. */
function requireNewer(serial: number, present: number, tree: string): void {
  if (serial >= present) return;
  throw new CooperError('rollback-refused', {
    what: `the origin has generation ${serial}, where ${tree} has ${present} already`,
  });
}

function requireSound({ server }: Publisher, fault: string | undefined): void {
  if (fault === undefined) return;
  throw new CooperError('signed-document-invalid', { what: `in the catalog of ${server.href} ${fault}` });
}

function nothingSelected({ server }: Publisher): CooperError {
  return new CooperError('image-not-found', {
    what: `${server.href} has no image that is in the selection`,
    next: 'Check --dist, --release, --arch and --variant; `cooper list --server URL` shows what there is.',
  });
}
