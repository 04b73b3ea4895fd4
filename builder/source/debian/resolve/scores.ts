// How much each package matters when something has to give way, as apt counts it (apt 2.6, pkgProblemResolver::MakeScores):
// priority, what depends on it, what it provides, whether it was asked for. Pure.

import { isWithin, type Relation } from '../dependency.ts';
import type { BinaryPackage, RelationField } from '../package.ts';
import type { Slot } from '../slot.ts';
import type { Marks } from './marks.ts';
import { priorityRank } from './preference.ts';

const ofPriority = [3, 2, 1, -1, -2];
const ofField: Partial<Record<RelationField, number>> = {
  'Pre-Depends': 1,
  Depends: 1,
  Recommends: 1,
  Conflicts: -1,
  Breaks: -1,
};
const inherited: readonly RelationField[] = ['Pre-Depends', 'Depends', 'Recommends'];
const ofEssential = 100;
const addedToEssential = 5000;
const addedToAsked = 10_000;

/** Scores by slot; a slot without one has 0. */
export type Scores = Map<Slot, number>;

/** Scores of everything that is chosen now. */
export function makeScores(marks: Marks): Scores {
  const scores: Scores = new Map();
  const chosen = marks.all();
  for (const item of chosen) {
    add(scores, marks.universe.slotOf(item), ofItem(item));
    scoreTargets(item, scores, marks);
  }
  const before = new Map(scores);
  for (const item of chosen) {
    inherit(item, before, scores, marks);
  }
  for (const item of chosen) {
    passToProviders(marks.universe.slotOf(item), before, scores, marks);
  }
  for (const item of chosen) {
    const mark = marks.ofItem(item);
    add(scores, mark.slot, (mark.asked ? addedToAsked : 0) + (isEssential(item) ? addedToEssential : 0));
  }
  return scores;
}

function ofItem(item: BinaryPackage): number {
  return (ofPriority[priorityRank(item)] ?? 0) + (isEssential(item) ? ofEssential : 0);
}

function isEssential(item: BinaryPackage): boolean {
  return item.essential || item.protectedByDpkg;
}

/** What the relations of a chosen package are worth to those they point at. */
function scoreTargets(item: BinaryPackage, scores: Scores, marks: Marks): void {
  for (const [field, worth] of Object.entries(ofField) as [RelationField, number][]) {
    for (const relation of item.relations(field).flat()) {
      for (const slot of slotsOf(relation, field, item, marks)) {
        scoreSlot(item, relation, slot, worth, scores, marks);
      }
    }
  }
}

function slotsOf(relation: Relation, field: RelationField, item: BinaryPackage, { universe }: Marks): readonly Slot[] {
  if (field !== 'Conflicts' && field !== 'Breaks') {
    return [universe.target(relation, item)];
  }
  return universe.conflicts(item).find((conflict) => conflict.relation === relation)?.slots ?? [];
}

function scoreSlot(
  item: BinaryPackage,
  relation: Relation,
  slot: Slot,
  worth: number,
  scores: Scores,
  { chosen, universe }: Marks,
): void {
  const isNegative = worth < 0;
  const ignored = isNegative && relation.name === item.name;
  const target = chosen(slot);
  if (!ignored) {
    if (relation.bound !== undefined && (target === undefined || !isWithin(target.version, relation.bound))) {
      return;
    }
    add(scores, slot, worth);
  }
  const providers = new Set(
    universe
      .providers(slot)
      .filter(({ owner, slot: where, version }) => {
        const fits = relation.bound === undefined || (version !== undefined && isWithin(version, relation.bound));
        return fits && chosen(where) === owner && !(isNegative && owner.name === item.name);
      })
      .map(({ slot: where }) => where),
  );
  for (const where of providers) {
    add(scores, where, worth);
  }
}

/** What a package is worth goes to what it names in its dependencies, once. */
function inherit(item: BinaryPackage, before: Scores, scores: Scores, marks: Marks): void {
  const worth = before.get(marks.universe.slotOf(item)) ?? 0;
  if (worth <= 0) {
    return;
  }
  for (const relation of inherited.flatMap((field) => item.relations(field).flat())) {
    const slot = marks.universe.target(relation, item);
    if (marks.chosen(slot) !== undefined) {
      add(scores, slot, worth);
    }
  }
}

function passToProviders(slot: Slot, before: Scores, scores: Scores, { universe, chosen }: Marks): void {
  const gained = Math.abs((scores.get(slot) ?? 0) - (before.get(slot) ?? 0));
  if (gained === 0) {
    return;
  }
  const owners = universe
    .providers(slot)
    .filter(({ implicit, owner, slot: where }) => !implicit && chosen(where) === owner);
  for (const where of new Set(owners.map((provider) => provider.slot))) {
    add(scores, where, gained);
  }
}

function add(scores: Scores, slot: Slot, worth: number): void {
  scores.set(slot, (scores.get(slot) ?? 0) + worth);
}
