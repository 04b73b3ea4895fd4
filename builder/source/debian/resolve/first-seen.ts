// When apt first meets a name while it reads the lists: its last resort when packages are equally good for something, so the
// same choice needs the same order. Pure.

import type { BinaryPackage, RelationField } from '../package.ts';
import { partsOf, type Slot, slotFor } from '../slot.ts';
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

/** Remembers where each slot that was asked for is met: finding out means searching the lists. */
export class FirstSeen {
  readonly #universe: Universe;
  readonly #places = new Map<Slot, Place>();

  constructor(universe: Universe) {
    this.#universe = universe;
  }

  /** Negative when `a` is met before `b`. */
  compare(a: Slot, b: Slot): number {
    const left = this.#place(a);
    const right = this.#place(b);
    const at = left.findIndex((part, index) => part !== right[index]);
    return (left[at] ?? 0) - (right[at] ?? 0);
  }

  #place(slot: Slot): Place {
    let place = this.#places.get(slot);
    if (place === undefined) {
      place = findPlace(slot, this.#universe);
      this.#places.set(slot, place);
    }
    return place;
  }
}

function findPlace(slot: Slot, universe: Universe): Place {
  const { name } = partsOf(slot);
  for (const [number, file] of universe.files.entries()) {
    for (const entry of file.mentioning(name)) {
      const item = file.packages[entry];
      const within = item === undefined ? undefined : findWithin(slot, name, item, universe.architecture);
      if (within !== undefined) {
        return [number, entry, ...within];
      }
    }
  }
  return [universe.files.length, 0, 0, 0];
}

/** Where the entry mentions the name, when it does so in a field that counts. */
function findWithin(
  slot: Slot,
  name: string,
  item: BinaryPackage,
  native: string,
): readonly [number, number] | undefined {
  // A name without qualifier means the architecture of the package that says it.
  if (slotFor(name, item.architecture, native) !== slot) {
    return undefined;
  }
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
