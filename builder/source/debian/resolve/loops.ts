// Finds packages that no order can install: one must be configured before the other is unpacked (Pre-Depends), and the
// other way round. Loops of plain Depends are no fault, dpkg breaks them. Pure.

import type { Alternatives } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Marks } from './marks.ts';
import { criticalNeeds } from './marks.ts';

type Packages = ReadonlySet<BinaryPackage>;

/** One loop of the set, its first package again at its end; undefined when there is an order. */
export function findLoop(set: Packages, marks: Marks): readonly BinaryPackage[] | undefined {
  const solutions = (group: Alternatives, owner: BinaryPackage) =>
    group
      .flatMap((relation) => marks.universe.solutions(relation, owner, marks.chosen))
      .filter((item) => set.has(item));
  const meets = (group: Alternatives, owner: BinaryPackage, those: Packages) =>
    solutions(group, owner).some((item) => those.has(item));

  let unpacked: Packages = new Set();
  let configured: Packages = new Set();
  for (;;) {
    const next = new Set(
      [...set].filter((item) => item.relations('Pre-Depends').every((group) => meets(group, item, configured))),
    );
    if (next.size === set.size) {
      return undefined;
    }
    if (next.size === unpacked.size) {
      return traceLoop([...set].filter((item) => !next.has(item)));
    }
    unpacked = next;
    configured = configurable(unpacked);
  }

  /** Those of `those` that can be configured together: what is left when all that lack something have gone. */
  function configurable(those: Packages): Packages {
    let left = new Set(those);
    for (;;) {
      const next = new Set([...left].filter((item) => criticalNeeds(item).every((group) => meets(group, item, left))));
      if (next.size === left.size) {
        return left;
      }
      left = next;
    }
  }

  /** From a package that waits to one that it waits for, until one comes again. */
  function traceLoop(waiting: readonly BinaryPackage[]): readonly BinaryPackage[] {
    const trail: BinaryPackage[] = [];
    let item = waiting[0];
    while (item !== undefined && !trail.includes(item)) {
      trail.push(item);
      const owner: BinaryPackage = item;
      // One that is unpacked waits for its Depends, another one for its Pre-Depends.
      const groups = unpacked.has(owner) ? criticalNeeds(owner) : owner.relations('Pre-Depends');
      const open = groups.find((group) => !meets(group, owner, configured));
      item = open === undefined ? undefined : solutions(open, owner)[0];
    }
    return item === undefined ? trail : [...trail.slice(trail.indexOf(item)), item];
  }
}
