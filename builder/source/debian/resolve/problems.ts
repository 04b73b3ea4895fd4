// Mends a set in which a later choice has broken an earlier one, the way apt does on an empty system (apt 2.6,
// pkgProblemResolver): from the highest score down, what is broken is given up, or helped when it is protected. Pure; reads
// and writes only the marks. Leaves what it cannot mend broken: explain.ts tells of it.

import type { Alternatives, Relation } from '../dependency.ts';
import type { BinaryPackage } from '../package.ts';
import type { Slot } from '../slot.ts';
import type { Conflict } from '../universe.ts';
import type { Marker } from './mark.ts';
import { criticalNeeds, type Mark, type Marks } from './marks.ts';
import { makeScores, type Scores } from './scores.ts';

/** Rounds over all packages; apt gives up after as many. */
const rounds = 20;

/** Mends the chosen set as far as it can be. */
export function mendProblems(marks: Marks, marker: Marker): void {
  if (marks.broken().length > 0) {
    new Mender(marks, marker).run();
  }
}

class Mender {
  readonly #marks: Marks;
  readonly #marker: Marker;
  readonly #scores: Scores;
  readonly #initial: ReadonlyMap<Slot, number>;
  /** Each package is tried as a way out once. */
  readonly #tried = new Set<Slot>();
  #round = 0;
  #changed = true;

  constructor(marks: Marks, marker: Marker) {
    this.#marks = marks;
    this.#marker = marker;
    this.#scores = makeScores(marks);
    this.#initial = new Map(this.#scores);
  }

  run(): void {
    for (this.#round = 0; this.#round < rounds && this.#changed; this.#round += 1) {
      this.#changed = false;
      for (let at = 0, order = this.#order(); at < order.length; at += 1) {
        const mark = order[at];
        const item = mark === undefined ? undefined : this.#marks.chosen(mark.slot);
        if (mark === undefined || item === undefined || !this.#marks.isBroken(item)) continue;
        this.#mend(item, mark);
        // What was looked at for the first time has its place among the others, perhaps before this one.
        order = this.#order();
        at = order.indexOf(mark);
      }
    }
  }

  /** By the scores as they were in the beginning; of equal ones what was looked at first. */
  #order(): Mark[] {
    return this.#marks.known().sort((a, b) => (this.#initial.get(b.slot) ?? 0) - (this.#initial.get(a.slot) ?? 0));
  }

  #score(slot: Slot): number {
    return this.#scores.get(slot) ?? 0;
  }

  #mend(item: BinaryPackage, mark: Mark): void {
    for (const group of criticalNeeds(item)) {
      if (!this.#marks.isSatisfied(group, item) && !mark.protected) {
        this.#giveUp(mark);
        return;
      }
      this.#helpProtected(item, mark, group);
    }
    const victims: Mark[] = [];
    for (const conflict of this.#marks.universe.conflicts(item)) {
      if (!this.#winsConflict(item, mark, conflict, victims)) {
        this.#giveUp(mark);
        return;
      }
    }
    this.#dropAll(victims, mark);
  }

  #giveUp(mark: Mark): void {
    this.#marker.drop(mark);
    this.#changed = true;
  }

  /** A protected package stays: what would satisfy it is brought in, the first that works for each alternative. */
  #helpProtected(item: BinaryPackage, mark: Mark, group: Alternatives): void {
    for (const relation of group) {
      if (this.#marks.isSatisfied(group, item)) {
        return;
      }
      const slot = [...this.#everySlot(relation, item)].find((target) => this.#bringIn(target));
      if (slot !== undefined) {
        this.#scores.set(slot, Math.min(this.#score(slot), this.#score(mark.slot)));
      }
    }
  }

  /** Where a relation can be satisfied by any version, a candidate or not. */
  #everySlot(relation: Relation, item: BinaryPackage): Set<Slot> {
    const { universe } = this.#marks;
    const named = universe.target(relation, item);
    const only = (where: Slot, version: BinaryPackage) => (asked: Slot) => (asked === where ? version : undefined);
    const satisfies = (where: Slot, version: BinaryPackage) =>
      universe.solutions(relation, item, only(where, version)).length > 0;
    return new Set([
      ...universe.versions(named).flatMap((version) => (satisfies(named, version) ? [named] : [])),
      ...universe.providers(named).flatMap(({ owner, slot }) => (satisfies(slot, owner) ? [slot] : [])),
    ]);
  }

  /** Installs a package and, one by one, what it lacks; takes it back when that fails. */
  #bringIn(slot: Slot): boolean {
    const mark = this.#marks.of(slot);
    if (this.#tried.has(slot) || mark.asked || mark.candidate === undefined) {
      return false;
    }
    this.#tried.add(slot);
    if (!this.#marker.install(mark, false)) {
      return false;
    }
    const item = mark.candidate;
    const works =
      criticalNeeds(item).every((group) => this.#marks.isSatisfied(group, item) || this.#bringInOne(group, item)) &&
      !this.#hitsProtected(item);
    if (!works) {
      this.#marker.drop(mark);
    }
    return works;
  }

  #bringInOne(group: Alternatives, item: BinaryPackage): boolean {
    const { universe, candidate } = this.#marks;
    return group.some((relation) => {
      const slot = this.#soleTarget(relation, item);
      const isPossible = universe.solutions(relation, item, candidate).length > 0;
      return isPossible && !this.#marks.of(slot).protected && this.#bringIn(slot);
    });
  }

  /** The named package, or the first that provides it when it is virtual. */
  #soleTarget(relation: Relation, item: BinaryPackage): Slot {
    const { universe } = this.#marks;
    const slot = universe.target(relation, item);
    const isReal = universe.versions(slot).length > 0;
    return isReal ? slot : (universe.providers(slot).find(({ owner }) => owner !== item)?.slot ?? slot);
  }

  #hitsProtected(item: BinaryPackage): boolean {
    const hits = this.#marks.universe.conflicts(item).flatMap((conflict) => this.#marks.hits(item, conflict));
    return hits.some((victim) => this.#marks.ofItem(victim).protected);
  }

  /** A conflict is decided by score. False when this package has lost; otherwise adds those that have to go. */
  #winsConflict(item: BinaryPackage, mark: Mark, conflict: Conflict, victims: Mark[]): boolean {
    for (const other of this.#marks.hits(item, conflict)) {
      const victim = this.#marks.ofItem(other);
      if (this.#score(mark.slot) > this.#score(victim.slot)) {
        victims.push(...(victim.protected ? [] : [victim]));
      } else if (!mark.protected) {
        return false;
      } else if (this.#bringIn(victim.slot)) {
        break;
      }
    }
    return true;
  }

  #dropAll(victims: readonly Mark[], winner: Mark): void {
    for (const victim of victims) {
      const dropped = this.#marker.drop(victim);
      this.#changed ||= dropped;
      if ((!dropped || this.#round > 1) && this.#score(winner.slot) > this.#score(victim.slot)) {
        this.#scores.set(victim.slot, this.#score(winner.slot));
        this.#changed = true;
      }
    }
  }
}
