// What the resolver has decided so far about each package name: which version may come, whether it does and why.
// Only bookkeeping and look-ups; the decisions are in mark.ts. Pure.

import type { Alternatives, Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Universe } from '../universe.ts';
import type { FirstSeen } from './first-seen.ts';

/** State of one name. */
export interface Mark {
  /** What would be installed; undefined once it proved impossible. */
  candidate: BinaryPackage | undefined;
  /** Will be installed, in the version of `candidate`. */
  chosen: boolean;
  /** Asked for by name, or the only way to satisfy something that was: nothing may undo it. */
  protected: boolean;
  /** Was there before this pass began. */
  present: boolean;
}

/** The marks of one pass. */
export class Marks {
  readonly universe: Universe;
  readonly firstSeen: FirstSeen;
  readonly #marks = new Map<string, Mark>();
  readonly chosen = (name: string): BinaryPackage | undefined => {
    const mark = this.#marks.get(name);
    return mark?.chosen ? mark.candidate : undefined;
  };
  readonly candidate = (name: string): BinaryPackage | undefined => this.of(name).candidate;

  /** `present` are the packages of an earlier pass. */
  constructor(universe: Universe, present: Iterable<BinaryPackage>, firstSeen: FirstSeen) {
    this.universe = universe;
    this.firstSeen = firstSeen;
    for (const item of present) {
      this.#marks.set(item.name, { candidate: item, chosen: true, protected: false, present: true });
    }
  }

  of(name: string): Mark {
    let mark = this.#marks.get(name);
    if (mark === undefined) {
      mark = { candidate: this.universe.candidate(name), chosen: false, protected: false, present: false };
      this.#marks.set(name, mark);
    }
    return mark;
  }

  /** Everything chosen, in the order in which it was first looked at. */
  all(): BinaryPackage[] {
    return [...this.#marks.values()].flatMap(({ chosen, candidate }) =>
      chosen && candidate !== undefined ? [candidate] : [],
    );
  }

  isSatisfied(group: Alternatives): boolean {
    return group.some((relation) => this.universe.solutions(relation, this.chosen).length > 0);
  }

  /** Whether it is satisfied or may still be. */
  isSatisfiable(group: Alternatives): boolean {
    return group.some((relation) => this.universe.solutions(relation, this.candidate).length > 0);
  }

  /** Packages out of `pick` that a Conflicts or Breaks of `item` hits; never itself, nor what itself provides. */
  hitBy(item: BinaryPackage, relation: Relation, pick: (name: string) => BinaryPackage | undefined): BinaryPackage[] {
    return this.universe.solutions(relation, pick).filter(({ name }) => name !== item.name);
  }
}
