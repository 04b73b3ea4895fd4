// Carries out what retention decides: builds leave the index with a new generation, files of builds that left it longer ago than
// the grace leave the disk. A build never loses both in one run.

import { stat } from 'node:fs/promises';
import { isSystemError } from '../../errors/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { findDeparted } from './departed.ts';
import { withLock } from './lock.ts';
import { withoutBuilds } from './offer-change.ts';
import { readPublished } from './published.ts';
import { removeBuilds } from './remove-builds.ts';
import { type Decision, decideRetention, type Fate, type RetentionPolicy } from './retention.ts';
import { treePaths } from './tree.ts';
import { requireKnownFormat } from './tree-format.ts';
import { type LiveGeneration, type TurnOptions, takeTurn } from './turn.ts';

/** What was done. */
export interface Pruned {
  readonly decisions: readonly Decision[];
  /** None when no build left the index. */
  readonly generation: LiveGeneration | undefined;
}

/**
 * Decides for every build of the tree and does it. A build that was off the index before keeps its files until the grace is over.
 * @throws CooperError as takeTurn and removeBuilds do
 */
export function prune(
  tree: string,
  policy: RetentionPolicy | undefined,
  signer: Signer,
  now: Date,
  options: TurnOptions = {},
): Promise<Pruned> {
  return takeTurn(tree, { signer, now }, options, async ({ offer, show, onStep }) => {
    const departed = await findDeparted(tree, offer, now);
    const decisions = decideRetention({ offer, departed, policy, now });
    const leaving = pathsWith(decisions, 'leave');
    const generation = leaving.length === 0 ? undefined : await show(withoutBuilds(offer, new Set(leaving)));
    onStep('remove');
    if (policy !== undefined) await removeBuilds(tree, pathsWith(decisions, 'remove'));
    return { decisions, generation };
  });
}

/**
 * The same decisions, and nothing is done. Waits for whoever changes the tree just now.
 * @throws CooperError 'tree-damaged', 'tree-too-new'
 */
export async function explainPrune(
  tree: string,
  policy: RetentionPolicy | undefined,
  now: Date,
  signal?: AbortSignal,
): Promise<readonly Decision[]> {
  if (!(await isThere(tree))) return [];
  await requireKnownFormat(tree);
  const decide = async () => {
    const offer = (await readPublished(tree))?.offer ?? new Map();
    return decideRetention({ offer, departed: await findDeparted(tree, offer, now), policy, now });
  };
  return withLock(treePaths(tree).lock, decide, signal);
}

function pathsWith(decisions: readonly Decision[], wanted: Fate): string[] {
  return decisions.filter(({ fate }) => fate === wanted).map(({ path }) => path);
}

async function isThere(tree: string): Promise<boolean> {
  try {
    return (await stat(tree)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
