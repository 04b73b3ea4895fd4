// In which order the packages that could satisfy a dependency are tried, as apt orders them. Pure.

import type { Alternatives, Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Marks } from './marks.ts';

const priorities = ['required', 'important', 'standard', 'optional', 'extra'];

/**
 * Candidates for a group of alternatives: alternative by alternative, each one's providers by preference. What was forbidden
 * for good is left out.
 */
export function orderedSolutions(group: Alternatives, marks: Marks): BinaryPackage[] {
  const ordered = group.flatMap((relation) =>
    marks.universe.solutions(relation, marks.candidate).sort((a, b) => compare(a, b, relation, marks)),
  );
  return [...new Set(ordered)].filter(({ name }) => {
    const mark = marks.of(name);
    return mark.chosen || !mark.protected;
  });
}

function compare(a: BinaryPackage, b: BinaryPackage, relation: Relation, marks: Marks): number {
  return (
    prefer(a, b, ({ name }) => marks.of(name).protected) ||
    prefer(a, b, ({ name }) => name === relation.name) ||
    prefer(a, b, ({ essential }) => essential) ||
    prefer(a, b, (item) => item.field('Important') === 'yes' || item.field('Protected') === 'yes') ||
    rank(a) - rank(b) ||
    // apt prefers whichever name it met last while it read the lists.
    marks.firstSeen.compare(b.name, a.name)
  );
}

function prefer(a: BinaryPackage, b: BinaryPackage, has: (item: BinaryPackage) => boolean): number {
  return Number(has(b)) - Number(has(a));
}

function rank({ priority }: BinaryPackage): number {
  const at = priorities.indexOf(priority);
  return at < 0 ? priorities.length - 1 : at;
}
