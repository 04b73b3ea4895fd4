// Which of two package names apt meets first when it reads the package lists: in its own entry or in a relation of another.
// apt breaks ties between providers by that, so the same choice needs the same order. Pure.

import type { BinaryPackage, RelationField } from '../package.ts';
import type { Universe } from '../universe.ts';

/** The order in which apt reads the fields of one entry; its name comes before and Provides after them. */
const order: readonly RelationField[] = [
  'Pre-Depends',
  'Depends',
  'Conflicts',
  'Breaks',
  'Recommends',
  'Suggests',
  'Replaces',
  'Enhances',
];

/** Number of the file, of the entry in it, of the field, of the name in the field. */
type Place = readonly [number, number, number, number];

/** Remembers where each name that was asked for is met: finding out means searching the lists. */
export class FirstSeen {
  readonly #universe: Universe;
  readonly #places = new Map<string, Place>();

  constructor(universe: Universe) {
    this.#universe = universe;
  }

  /** Negative when `a` is met before `b`. */
  compare(a: string, b: string): number {
    const left = this.#place(a);
    const right = this.#place(b);
    const at = left.findIndex((part, index) => part !== right[index]);
    return (left[at] ?? 0) - (right[at] ?? 0);
  }

  #place(name: string): Place {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = findPlace(name, this.#universe);
      this.#places.set(name, place);
    }
    return place;
  }
}

function findPlace(name: string, universe: Universe): Place {
  for (const [number, file] of universe.files.entries()) {
    for (const entry of file.mentioning(name)) {
      const item = file.packages[entry];
      const within = item === undefined ? undefined : findWithin(name, item);
      if (within !== undefined) {
        return [number, entry, ...within];
      }
    }
  }
  return [universe.files.length, 0, 0, 0];
}

/** Where the entry mentions the name, when it does so in a field that counts. */
function findWithin(name: string, item: BinaryPackage): readonly [number, number] | undefined {
  if (item.name === name) {
    return [0, 0];
  }
  for (const [number, field] of order.entries()) {
    const at = item
      .relations(field)
      .flat()
      .findIndex((relation) => relation.qualifier === undefined && relation.name === name);
    if (at >= 0) {
      return [number + 1, at];
    }
  }
  const at = item.provides.findIndex((provided) => provided.name === name);
  return at < 0 ? undefined : [order.length + 1, at];
}
