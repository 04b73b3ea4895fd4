// Which relation fields the resolver reads, in the order in which apt does. Pure.

import type { Alternatives, Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';

/** A positive dependency. `critical` ones must hold, others (Recommends) are followed when they can be. */
export interface Need {
  readonly group: Alternatives;
  readonly critical: boolean;
}

/** Pre-Depends, Depends and, when wanted, Recommends. */
export function needsOf(item: BinaryPackage, recommends: boolean): Need[] {
  const critical = criticalNeeds(item).map((group) => ({ group, critical: true }));
  const wanted = recommends ? item.relations('Recommends').map((group) => ({ group, critical: false })) : [];
  return [...critical, ...wanted];
}

/** Pre-Depends and Depends. */
export function criticalNeeds(item: BinaryPackage): Alternatives[] {
  return [...item.relations('Pre-Depends'), ...item.relations('Depends')];
}

/** Conflicts and Breaks: for a set that is installed at once they mean the same. */
export function conflictsOf(item: BinaryPackage): Relation[] {
  return [...item.relations('Conflicts'), ...item.relations('Breaks')].map(([relation]) => relation);
}
