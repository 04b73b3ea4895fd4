// Directories stand together: in front of the first layer that puts something into them. Pure.

import { type BytePath, splitPath } from '../tree/byte-path.ts';
import type { CutEntry, EntryOwner } from './entry.ts';

/** Positions of the directories by layer, sorted by path; those of no package in layer `none`. */
export function placeDirectories(
  entries: readonly CutEntry[],
  owners: readonly (EntryOwner | undefined)[],
  none: number,
): ReadonlyMap<number, readonly number[]> {
  const layers = new Map<BytePath, number>();
  for (const [position, { path, type }] of entries.entries()) {
    const layer = owners[position]?.layer ?? none;
    const first = type === 'directory' ? path : splitPath(path).parent;
    for (
      let folder = first;
      layer < (layers.get(folder) ?? Number.POSITIVE_INFINITY);
      folder = splitPath(folder).parent
    ) {
      layers.set(folder, layer);
      if (folder === '') break;
    }
  }
  const placed = new Map<number, number[]>();
  const folders = entries.flatMap(({ path, type }, position) => (type === 'directory' ? [{ path, position }] : []));
  for (const { path, position } of folders.sort((one, other) => (one.path < other.path ? -1 : 1))) {
    const layer = layers.get(path) ?? none;
    placed.set(layer, [...(placed.get(layer) ?? []), position]);
  }
  return placed;
}
