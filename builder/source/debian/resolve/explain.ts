// Finds what is wrong with a set of packages and says why, as chains from what was asked for to what is missing. Pure.

import { type Alternatives, formatAlternatives, formatRelation, type Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import { criticalNeeds, type Marks } from './marks.ts';

/** Faults shown; further ones are counted only. */
const most = 20;

/** One line for each fault of the set; none when it is sound. `asked` are where the chains begin. */
export function explainFaults(
  chosen: ReadonlySet<BinaryPackage>,
  asked: readonly BinaryPackage[],
  marks: Marks,
): string[] {
  const trails = trace(chosen, asked, marks);
  const lines = new Set<string>();
  for (const item of chosen) {
    const trail = trails.get(item) ?? [nameOf(item, marks)];
    for (const group of criticalNeeds(item)) {
      if (!marks.isSatisfied(group, item)) {
        for (const line of explainNeed(group, item, { trail, marks, seen: new Set([item]) })) {
          lines.add(line);
        }
      }
    }
    for (const conflict of marks.universe.conflicts(item)) {
      for (const victim of marks.hits(item, conflict).filter((other) => chosen.has(other))) {
        const wanted = trails.get(victim) ?? [nameOf(victim, marks)];
        const against = formatRelation(conflict.relation);
        lines.add(`${arrow(trail)} conflicts with ${against}, but ${arrow(wanted)} ${victim.version} is wanted`);
      }
    }
  }
  const all = [...lines];
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
}

function nameOf(item: BinaryPackage, { universe }: Marks): string {
  return universe.slotOf(item);
}

/** The shortest way from something asked for to each package. */
function trace(
  chosen: ReadonlySet<BinaryPackage>,
  asked: readonly BinaryPackage[],
  marks: Marks,
): Map<BinaryPackage, string[]> {
  const trails = new Map(asked.map((item) => [item, [nameOf(item, marks)]]));
  for (const [item, trail] of trails) {
    for (const relation of [...criticalNeeds(item), ...item.relations('Recommends')].flat()) {
      for (const next of marks.universe.solutions(relation, item, marks.chosen)) {
        if (chosen.has(next) && !trails.has(next)) {
          trails.set(next, [...trail, nameOf(next, marks)]);
        }
      }
    }
  }
  return trails;
}

/** On the way to what is missing. */
interface Search {
  readonly trail: readonly string[];
  readonly marks: Marks;
  /** What has been looked at, by whatever way: there are more ways through an archive than anybody can wait for. */
  readonly seen: Set<BinaryPackage>;
}

/** Why none of the alternatives works; follows those that exist down to what they lack. */
function explainNeed(group: Alternatives, owner: BinaryPackage, search: Search): string[] {
  const { trail, marks } = search;
  const deeper = group.flatMap((relation) =>
    offered(relation, owner, marks).flatMap((item) => explainItem(item, search)),
  );
  if (deeper.length > 0) {
    return deeper;
  }
  const there = group.map((relation) => whatIsThere(relation, owner, marks)).join('; ');
  return [`${arrow([...trail, formatAlternatives(group)])}: ${there}`];
}

/** What the archive has for a relation, whatever was decided about it. */
function offered(relation: Relation, owner: BinaryPackage, { universe }: Marks): BinaryPackage[] {
  return universe.solutions(relation, owner, (slot) => universe.candidate(slot));
}

function explainItem(item: BinaryPackage, { trail, marks, seen }: Search): string[] {
  if (seen.has(item)) {
    return [];
  }
  seen.add(item);
  const further = { trail: [...trail, nameOf(item, marks)], marks, seen };
  for (const group of criticalNeeds(item)) {
    if (!group.some((relation) => offered(relation, item, marks).length > 0)) {
      return explainNeed(group, item, further);
    }
  }
  for (const group of criticalNeeds(item)) {
    const lines = group
      .flatMap((relation) => offered(relation, item, marks))
      .flatMap((next) => explainItem(next, further));
    if (lines.length > 0) {
      return lines;
    }
  }
  return [];
}

function whatIsThere(relation: Relation, owner: BinaryPackage, marks: Marks): string {
  const { universe } = marks;
  const slot = universe.target(relation, owner);
  const own = universe.candidate(slot);
  if (own !== undefined) {
    if (offered(relation, owner, marks).length === 0) {
      return `the archive has ${slot} ${own.version}`;
    }
    return marks.of(slot).forbidden
      ? `${slot} is excluded`
      : `${slot} ${own.version} conflicts with something that was chosen`;
  }
  const providers = [...new Set(universe.providers(slot).map((provider) => provider.slot))];
  return providers.length === 0
    ? `the archive has no ${shown(slot)}`
    : `${shown(slot)} is only provided by ${providers.slice(0, 5).join(', ')}`;
}

/** As people write it: how a stand-in for one architecture is told from the package itself does not concern them. */
function shown(slot: string): string {
  return slot.replace('::', ':');
}

function arrow(trail: readonly string[]): string {
  return trail.join(' → ');
}
