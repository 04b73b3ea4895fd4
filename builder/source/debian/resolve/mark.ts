// Decides what is installed, the way apt's own solver does: depth first, the first alternative that works, what is already
// satisfied is left alone, and a package that fails is out for good. Pure; reads and writes only the marks.

import type { Alternatives } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import { conflictsOf, criticalNeeds, type Need, needsOf } from './fields.ts';
import type { Mark, Marks } from './marks.ts';
import { orderedSolutions } from './preference.ts';

/** How far one request goes. */
interface Request {
  /** Follow dependencies; otherwise only the package itself is marked. */
  readonly follow: boolean;
  /** Asked for by name: goes on after a failure, so that every fault is found. */
  readonly asked: boolean;
}

/** Marks packages; `recommends` says whether Recommends are followed. */
export class Marker {
  readonly #marks: Marks;
  readonly #recommends: boolean;

  constructor(marks: Marks, recommends: boolean) {
    this.#marks = marks;
    this.#recommends = recommends;
  }

  /** Takes the packages by name: all of them are chosen before the dependencies of any are looked at. */
  ask(items: readonly BinaryPackage[]): void {
    this.claim(items);
    for (const { name } of items) {
      this.#mark(name, { follow: true, asked: true });
    }
  }

  /** Chooses packages by name, but not what they depend on. */
  claim(items: readonly BinaryPackage[]): void {
    for (const { name } of items) {
      this.#marks.of(name).protected = true;
      this.#mark(name, { follow: false, asked: true });
    }
  }

  #mark(name: string, request: Request): boolean {
    const mark = this.#marks.of(name);
    const item = mark.candidate;
    const forbidden = !request.asked && !mark.chosen && mark.protected;
    if (item === undefined || forbidden) {
      return false;
    }
    if (mark.chosen && !mark.protected && !this.#isBroken(item)) {
      return true;
    }
    if (request.follow && !mark.present && !this.#isPossible(item, mark)) {
      return false;
    }
    mark.chosen ||= request.asked;
    return this.#settle(item, mark, request);
  }

  /** The second half of marking: conflicts, then dependencies; takes the package back when it must not fail half-way. */
  #settle(item: BinaryPackage, mark: Mark, { follow, asked }: Request): boolean {
    const wasProtected = mark.protected;
    const goOn = wasProtected || asked;
    let failed = false;
    const needs = follow ? this.#openNeeds(item, wasProtected) : [];
    if (follow && !this.#clearConflicts(item, wasProtected)) {
      if (!goOn) {
        return false;
      }
      failed = true;
    }
    mark.chosen = true;
    if (!follow) {
      return true;
    }
    mark.protected = true;
    const satisfied = this.#satisfy(needs, wasProtected, asked);
    mark.protected = wasProtected;
    if (!satisfied && !goOn) {
      mark.chosen = mark.present;
      mark.candidate = mark.present ? item : undefined;
      return false;
    }
    return satisfied && !failed;
  }

  #isBroken(item: BinaryPackage): boolean {
    return needsOf(item, this.#recommends).some(({ group }) => !this.#marks.isSatisfied(group));
  }

  /** Without a candidate for each dependency it cannot work: then the package is out before anything is tried. */
  #isPossible(item: BinaryPackage, mark: Mark): boolean {
    if (criticalNeeds(item).every((group) => this.#marks.isSatisfiable(group))) {
      return true;
    }
    if (!mark.protected) {
      mark.candidate = undefined;
      mark.chosen = false;
    }
    return false;
  }

  #openNeeds(item: BinaryPackage, all: boolean): Need[] {
    return needsOf(item, this.#recommends).filter(({ group }) => all || !this.#marks.isSatisfied(group));
  }

  /**
   * What is chosen already wins over a newcomer; what was asked for by name rules out everything it conflicts with.
   * Both directions count: an earlier choice may declare the conflict.
   */
  #clearConflicts(item: BinaryPackage, isProtected: boolean): boolean {
    const marks = this.#marks;
    const relations = conflictsOf(item);
    if (relations.some((relation) => marks.hitBy(item, relation, marks.chosen).length > 0)) {
      return false;
    }
    if (isProtected) {
      for (const victim of relations.flatMap((relation) => marks.hitBy(item, relation, marks.candidate))) {
        const mark = marks.of(victim.name);
        mark.candidate = undefined;
        mark.protected = true;
      }
      return true;
    }
    return !this.#isRefused(item);
  }

  #isRefused(item: BinaryPackage): boolean {
    const names = new Set([item.name, ...item.provides.map(({ name }) => name.replace(/:.*/, ''))]);
    const only = (name: string) => (name === item.name ? item : undefined);
    // The look at the name spares nearly every search: most packages conflict with something, few with this one.
    return this.#marks
      .all()
      .some((other) =>
        conflictsOf(other).some(
          (relation) => names.has(relation.name) && this.#marks.hitBy(other, relation, only).length > 0,
        ),
      );
  }

  /** False when a critical need stays open; then the rest is only tried for what was asked for. */
  #satisfy(needs: readonly Need[], propagate: boolean, asked: boolean): boolean {
    let complete = true;
    for (const { group, critical } of needs) {
      if (this.#marks.isSatisfied(group)) {
        if (propagate && critical && !this.#protectOnly(group)) {
          complete = false;
        }
        continue;
      }
      if (!this.#choose(group, propagate && critical) && critical) {
        complete = false;
        if (!propagate && !asked) {
          break;
        }
      }
    }
    return complete;
  }

  /** When there is one way only to satisfy something protected, that way is protected too. */
  #protectOnly(group: Alternatives): boolean {
    const [only, ...others] = orderedSolutions(group, this.#marks);
    if (only === undefined || others.length > 0 || this.#marks.of(only.name).protected) {
      return true;
    }
    this.#marks.of(only.name).protected = true;
    return this.#mark(only.name, { follow: true, asked: false });
  }

  #choose(group: Alternatives, propagate: boolean): boolean {
    const solutions = orderedSolutions(group, this.#marks);
    for (const { name } of solutions) {
      if (propagate && solutions.length === 1) {
        if (!this.#mark(name, { follow: false, asked: false })) {
          continue;
        }
        this.#marks.of(name).protected = true;
      }
      if (this.#mark(name, { follow: true, asked: false })) {
        return true;
      }
    }
    return false;
  }
}
