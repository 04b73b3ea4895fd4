// Decides what is installed, the way apt's own solver does (apt 2.6, pkgDepCache::MarkInstall): depth first, the first
// alternative that works, what is already satisfied is left alone, and a package that fails is out for good. Pure; reads and
// writes only the marks.

import type { Alternatives } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Slot } from '../slot.ts';
import type { Conflict } from '../universe.ts';
import { criticalNeeds, type Mark, type Marks } from './marks.ts';
import { byPreference, orderedSolutions } from './preference.ts';

/** A positive dependency. `critical` ones must hold, others (Recommends) are followed when they can be. */
interface Need {
  readonly group: Alternatives;
  readonly critical: boolean;
}

/** How far one request goes. */
interface Request {
  /** Follow dependencies; otherwise only the package itself is marked. */
  readonly follow: boolean;
  /** Asked for by name: goes on after a failure, so that every fault is found. */
  readonly asked: boolean;
}

/** Deeper than any chain of dependencies that means something; apt has the same limit. */
const deepest = 3000;

/** Marks packages. */
export class Marker {
  readonly #marks: Marks;
  #depth = 0;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** Takes the packages by name: all of them are chosen before the dependencies of any are looked at. */
  ask(items: readonly BinaryPackage[]): void {
    const marks = items.map((item) => this.#marks.ofItem(item));
    for (const mark of marks) {
      mark.protected = true;
      this.#install(mark, { follow: false, asked: true });
    }
    for (const mark of marks) {
      this.#install(mark, { follow: true, asked: true });
    }
  }

  /** Nothing may choose these. */
  forbid(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const mark = this.#marks.of(slot);
      mark.protected = true;
      mark.forbidden = true;
    }
  }

  /** Chooses a package that nobody asked for; false when it cannot be. */
  install(mark: Mark, follow: boolean): boolean {
    return this.#install(mark, { follow, asked: false });
  }

  /** Takes a choice back; false when it is protected. */
  drop(mark: Mark): boolean {
    if (mark.chosen && mark.protected) {
      return false;
    }
    mark.chosen = false;
    return true;
  }

  #install(mark: Mark, request: Request): boolean {
    const item = mark.candidate;
    const mayChange = request.asked || mark.chosen || !mark.protected;
    if (!mayChange || item === undefined || this.#depth > deepest) {
      return false;
    }
    const isDone = mark.chosen && !mark.protected && !this.#marks.isBroken(item) && !this.#marks.lacksRecommended(item);
    if (isDone) {
      return true;
    }
    if (request.follow && !this.#isPossible(item, mark)) {
      return false;
    }
    this.#depth += 1;
    const done = this.#settle(item, mark, request);
    this.#depth -= 1;
    return done;
  }

  /** The second half of marking: conflicts, then dependencies; takes the package back when it must not fail half-way. */
  #settle(item: BinaryPackage, mark: Mark, { follow, asked }: Request): boolean {
    const goOn = mark.protected || asked;
    if (asked) {
      mark.chosen = true;
      mark.asked = true;
    }
    let failed = false;
    const needs = follow ? this.#openNeeds(item, mark.protected) : [];
    if (follow && !this.#clearConflicts(item, mark.protected, asked)) {
      if (!goOn) {
        return false;
      }
      failed = true;
    }
    mark.chosen = true;
    if (!follow) {
      return !failed;
    }
    const wasProtected = mark.protected;
    mark.protected = true;
    const satisfied = this.#satisfy(item, needs, wasProtected, asked);
    mark.protected = wasProtected;
    if (!satisfied && !goOn) {
      mark.chosen = false;
      mark.candidate = undefined;
      return false;
    }
    return satisfied && !failed;
  }

  /** Without a candidate for each dependency it cannot work: then the package is out before anything is tried. */
  #isPossible(item: BinaryPackage, mark: Mark): boolean {
    const marks = this.#marks;
    if (criticalNeeds(item).every((group) => marks.isSatisfied(group, item) || marks.isSatisfiable(group, item))) {
      return true;
    }
    if (!mark.protected) {
      mark.candidate = undefined;
      mark.chosen = false;
    }
    return false;
  }

  #openNeeds(item: BinaryPackage, all: boolean): Need[] {
    const recommended = this.#marks.recommends ? item.relations('Recommends') : [];
    const needs = [
      ...criticalNeeds(item).map((group) => ({ group, critical: true })),
      ...recommended.map((group) => ({ group, critical: false })),
    ];
    return needs.filter(({ group }) => all || !this.#marks.isSatisfied(group, item));
  }

  /**
   * What this package conflicts with is taken back unless it is protected. Something protected rules out for good everything
   * that it conflicts with. What other packages say about this one is left to problems.ts.
   */
  #clearConflicts(item: BinaryPackage, isProtected: boolean, asked: boolean): boolean {
    const marks = this.#marks;
    let complete = true;
    for (const conflict of marks.universe.conflicts(item)) {
      if (!isProtected && marks.hits(item, conflict).length === 0) {
        continue;
      }
      for (const victim of this.#victims(item, conflict)) {
        const mark = marks.ofItem(victim);
        if (!this.drop(mark)) {
          complete = false;
          if (!isProtected && !asked) {
            return false;
          }
        } else if (isProtected) {
          mark.candidate = undefined;
          mark.protected = true;
        }
      }
    }
    return complete;
  }

  #victims(item: BinaryPackage, conflict: Conflict): BinaryPackage[] {
    const { universe, candidate } = this.#marks;
    return byPreference(universe.hits(item, conflict, candidate), conflict.relation, this.#marks);
  }

  /** False when a critical need stays open; then the rest is only tried for what is protected or was asked for. */
  #satisfy(item: BinaryPackage, needs: readonly Need[], propagate: boolean, asked: boolean): boolean {
    let complete = true;
    for (const { group, critical } of needs) {
      if (this.#marks.isSatisfied(group, item)) {
        if (propagate && critical && !this.#protectOnly(group, item)) {
          complete = false;
        }
        continue;
      }
      if (!this.#choose(group, item, propagate && critical) && critical) {
        complete = false;
        if (!propagate && !asked) {
          break;
        }
      }
    }
    return complete;
  }

  /** When there is one way only to satisfy something protected, that way is protected too. */
  #protectOnly(group: Alternatives, owner: BinaryPackage): boolean {
    const [only, ...others] = orderedSolutions(group, owner, this.#marks);
    if (only === undefined || others.length > 0) {
      return true;
    }
    const mark = this.#marks.ofItem(only);
    if (mark.protected) {
      return true;
    }
    mark.protected = true;
    return this.#install(mark, { follow: true, asked: false });
  }

  #choose(group: Alternatives, owner: BinaryPackage, propagate: boolean): boolean {
    const solutions = orderedSolutions(group, owner, this.#marks);
    for (const item of solutions) {
      const mark = this.#marks.ofItem(item);
      if (mark.candidate !== item) {
        continue;
      }
      if (propagate && solutions.length === 1) {
        if (!this.#install(mark, { follow: false, asked: false })) {
          continue;
        }
        mark.protected = true;
      }
      if (this.#install(mark, { follow: true, asked: false })) {
        return true;
      }
    }
    return false;
  }
}
