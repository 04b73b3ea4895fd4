// In which order the packages that could satisfy a dependency are tried, as apt orders them. Pure.

import type { Alternatives, Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import { partsOf } from '../slot.ts';
import type { Marks } from './marks.ts';

const priorities = ['required', 'important', 'standard', 'optional', 'extra'];

/**
 * Candidates for a group of alternatives of `owner`: alternative by alternative, each one's providers by preference. What
 * was forbidden for good is left out.
 */
export function orderedSolutions(group: Alternatives, owner: BinaryPackage, marks: Marks): BinaryPackage[] {
  const { universe } = marks;
  const ordered = group.flatMap((relation) => {
    const { kind } = partsOf(universe.target(relation, owner));
    return byPreference(
      universe.solutions(relation, owner, marks.candidate),
      kind === 'real' ? relation : undefined,
      marks,
    );
  });
  return [...new Set(ordered)].filter((item) => {
    const mark = marks.ofItem(item);
    return mark.chosen || !mark.protected;
  });
}

/** Sorts packages that stand for the same relation; `relation` is left out when it has a qualifier. */
export function byPreference(
  items: readonly BinaryPackage[],
  relation: Relation | undefined,
  marks: Marks,
): BinaryPackage[] {
  return [...items].sort(
    (a, b) =>
      prefer(a, b, (item) => marks.ofItem(item).protected) ||
      prefer(a, b, ({ name }) => name === relation?.name) ||
      prefer(a, b, ({ essential }) => essential) ||
      prefer(a, b, (item) => item.protectedByDpkg) ||
      architectureRank(a, marks) - architectureRank(b, marks) ||
      priorityRank(a) - priorityRank(b) ||
      // apt prefers whichever name it met last while it read the lists.
      marks.firstSeen.compare(marks.universe.slotOf(b), marks.universe.slotOf(a)),
  );
}

function prefer(a: BinaryPackage, b: BinaryPackage, has: (item: BinaryPackage) => boolean): number {
  return Number(has(b)) - Number(has(a));
}

/** The native architecture first, then the others in their order. */
function architectureRank({ architecture }: BinaryPackage, { universe }: Marks): number {
  return architecture === 'all' ? 0 : universe.architectures.indexOf(architecture);
}

/** 0 for `required` to 4 for `extra`, which is also what an unknown priority counts as. */
export function priorityRank({ priority }: BinaryPackage): number {
  const at = priorities.indexOf(priority);
  return at < 0 ? priorities.length - 1 : at;
}
