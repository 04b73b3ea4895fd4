// Finds what is wrong with a set of packages and says why, as chains from what was asked for to what is missing. Pure.

import { type Alternatives, formatAlternatives, formatRelation, type Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Universe } from '../universe.ts';
import { conflictsOf, criticalNeeds } from './fields.ts';
import type { Marks } from './marks.ts';

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
    const trail = trails.get(item) ?? [item.name];
    for (const group of criticalNeeds(item)) {
      if (!marks.isSatisfied(group)) {
        for (const line of explainNeed(group, trail, marks.universe)) {
          lines.add(line);
        }
      }
    }
    for (const relation of conflictsOf(item)) {
      for (const victim of marks.hitBy(item, relation, (name) => pickFrom(chosen, marks, name))) {
        const wanted = trails.get(victim) ?? [victim.name];
        lines.add(
          `${arrow(trail)} conflicts with ${formatRelation(relation)}, but ${arrow(wanted)} ${victim.version} is wanted`,
        );
      }
    }
  }
  const all = [...lines];
  return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
}

function pickFrom(chosen: ReadonlySet<BinaryPackage>, marks: Marks, name: string): BinaryPackage | undefined {
  const item = marks.chosen(name);
  return item !== undefined && chosen.has(item) ? item : undefined;
}

/** The shortest way from something asked for to each package. */
function trace(
  chosen: ReadonlySet<BinaryPackage>,
  asked: readonly BinaryPackage[],
  marks: Marks,
): Map<BinaryPackage, string[]> {
  const trails = new Map(asked.map((item) => [item, [item.name]]));
  for (const [item, trail] of trails) {
    for (const relation of [...criticalNeeds(item), ...item.relations('Recommends')].flat()) {
      for (const next of marks.universe.solutions(relation, marks.chosen)) {
        if (chosen.has(next) && !trails.has(next)) {
          trails.set(next, [...trail, next.name]);
        }
      }
    }
  }
  return trails;
}

/** Why none of the alternatives works; follows those that exist down to what they lack. */
function explainNeed(group: Alternatives, trail: readonly string[], universe: Universe): string[] {
  const deeper = group.flatMap((relation) =>
    universe
      .solutions(relation, (name) => universe.candidate(name))
      .flatMap((item) => explainItem(item, trail, universe)),
  );
  if (deeper.length > 0) {
    return deeper;
  }
  const there = group.map((relation) => whatIsThere(relation, universe)).join('; ');
  return [`${arrow([...trail, formatAlternatives(group)])}: ${there}`];
}

function explainItem(item: BinaryPackage, trail: readonly string[], universe: Universe): string[] {
  if (trail.includes(item.name)) {
    return [];
  }
  const further = [...trail, item.name];
  const candidate = (name: string) => universe.candidate(name);
  for (const group of criticalNeeds(item)) {
    if (!group.some((relation) => universe.solutions(relation, candidate).length > 0)) {
      return explainNeed(group, further, universe);
    }
  }
  for (const group of criticalNeeds(item)) {
    const lines = group
      .flatMap((relation) => universe.solutions(relation, candidate))
      .flatMap((next) => explainItem(next, further, universe));
    if (lines.length > 0) {
      return lines;
    }
  }
  return [];
}

function whatIsThere(relation: Relation, universe: Universe): string {
  const own = universe.candidate(relation.name);
  if (own !== undefined) {
    const isOther = universe.solutions(relation, (name) => universe.candidate(name)).length === 0;
    return isOther
      ? `the archive has ${own.name} ${own.version}`
      : `${own.name} ${own.version} conflicts with something that was chosen`;
  }
  const providers = [...new Set(universe.providers(relation.name).map(({ owner }) => owner.name))];
  return providers.length === 0
    ? `the archive has no ${relation.name}`
    : `${relation.name} is only provided by ${providers.slice(0, 5).join(', ')}`;
}

function arrow(trail: readonly string[]): string {
  return trail.join(' → ');
}
