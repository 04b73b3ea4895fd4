// What the resolver has decided so far about each package: which version may come, whether it does and why. Only bookkeeping
// and look-ups; the decisions are in mark.ts and problems.ts. Pure.

import type { Alternatives } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Slot } from '../slot.ts';
import type { Conflict, Universe } from '../universe.ts';
import type { FirstSeen } from './first-seen.ts';

/** State of one slot. */
export interface Mark {
  readonly slot: Slot;
  /** What would be installed; undefined once it proved impossible. */
  candidate: BinaryPackage | undefined;
  /** Will be installed, in the version of `candidate`. */
  chosen: boolean;
  /** Asked for or forbidden by name, or the only way to satisfy something that was: nothing may undo it. */
  protected: boolean;
  /** Asked for by name. */
  asked: boolean;
  /** Excluded by name. */
  forbidden: boolean;
}

/** The marks of one request. */
export class Marks {
  readonly universe: Universe;
  readonly firstSeen: FirstSeen;
  /** Whether Recommends count as something to be followed. */
  readonly recommends: boolean;
  readonly #marks = new Map<Slot, Mark>();
  readonly chosen = (slot: Slot): BinaryPackage | undefined => {
    const mark = this.#marks.get(slot);
    return mark?.chosen ? mark.candidate : undefined;
  };
  readonly candidate = (slot: Slot): BinaryPackage | undefined => this.of(slot).candidate;

  constructor(universe: Universe, firstSeen: FirstSeen, recommends: boolean) {
    this.universe = universe;
    this.firstSeen = firstSeen;
    this.recommends = recommends;
  }

  of(slot: Slot): Mark {
    let mark = this.#marks.get(slot);
    if (mark === undefined) {
      const candidate = this.universe.candidate(slot);
      mark = { slot, candidate, chosen: false, protected: false, asked: false, forbidden: false };
      this.#marks.set(slot, mark);
    }
    return mark;
  }

  /** Every slot that was looked at so far, in the order in which that happened. */
  known(): Mark[] {
    return [...this.#marks.values()];
  }

  ofItem(item: BinaryPackage): Mark {
    return this.of(this.universe.slotOf(item));
  }

  /** Everything chosen, in the order in which it was first looked at. */
  all(): BinaryPackage[] {
    return [...this.#marks.values()].flatMap(({ chosen, candidate }) =>
      chosen && candidate !== undefined ? [candidate] : [],
    );
  }

  isSatisfied(group: Alternatives, owner: BinaryPackage): boolean {
    return group.some((relation) => this.universe.solutions(relation, owner, this.chosen).length > 0);
  }

  /**
   * Whether the archive has anything for it. What proved impossible meanwhile counts: apt remembers which dependencies have
   * candidates, and does not look again when it gives a candidate up.
   */
  isSatisfiable(group: Alternatives, owner: BinaryPackage): boolean {
    const { universe } = this;
    return group.some((relation) => universe.solutions(relation, owner, (slot) => universe.candidate(slot)).length > 0);
  }

  /** Chosen packages that a conflict hits. */
  hits(item: BinaryPackage, conflict: Conflict): BinaryPackage[] {
    return this.universe.hits(item, conflict, this.chosen);
  }

  /** Whether a critical dependency is open or a conflict hits something. */
  isBroken(item: BinaryPackage): boolean {
    return (
      criticalNeeds(item).some((group) => !this.isSatisfied(group, item)) ||
      this.universe.conflicts(item).some((conflict) => this.hits(item, conflict).length > 0)
    );
  }

  /** Whether something that is only recommended is open, when Recommends count. */
  lacksRecommended(item: BinaryPackage): boolean {
    return this.recommends && item.relations('Recommends').some((group) => !this.isSatisfied(group, item));
  }

  /** The chosen packages that are broken. */
  broken(): BinaryPackage[] {
    return this.all().filter((item) => this.isBroken(item));
  }
}

/** Pre-Depends and Depends. */
export function criticalNeeds(item: BinaryPackage): Alternatives[] {
  return [...item.relations('Pre-Depends'), ...item.relations('Depends')];
}
