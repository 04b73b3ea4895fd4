// Decides which name of a file holds its content, so that in the order of segments every hard link stands behind it.

import type { TarEntry } from '../tar/entry.ts';
import type { Residues } from './entry.ts';
import { byOwner, layersOf, type OwnedPath, type OwnerKey, ownerKeys } from './order.ts';

/** A node of a tree with the entry that it becomes. */
export interface LinkedNode extends OwnedPath {
  readonly entry: TarEntry;
}

/**
 * The same nodes in the same order; of the names of one file the one whose owner comes first is the file, the others are hard
 * links to it. A layer's segments are then the same with and without names that a later layer has added. What comes in has
 * any name as the file and the others as hard links to it, as `readTree` says it; content may be read by any of them.
 */
export function settleHardLinks<T extends LinkedNode>(nodes: readonly T[], residues: Residues = []): T[] {
  const files = new Map<string, T[]>();
  for (const node of nodes) {
    const { type, name, linkName } = node.entry;
    if (type !== 'hardlink' && type !== 'file') continue;
    const key = (type === 'file' ? name : linkName).toString('latin1');
    const names = files.get(key);
    if (names === undefined) files.set(key, [node]);
    else names.push(node);
  }
  const keyOf = ownerKeys(layersOf(nodes), residues);
  const linked = [...files.values()].filter((names) => names.length > 1);
  const settled = new Map(linked.flatMap((names) => settle(names, keyOf)));
  return nodes.map((node) => settled.get(node) ?? node);
}

function settle<T extends LinkedNode>(names: readonly T[], keyOf: (node: T) => OwnerKey): [T, T][] {
  const file = names.find(({ entry }) => entry.type === 'file');
  const [holder] = [...names].sort((a, b) => byOwner(keyOf(a), keyOf(b)));
  if (file === undefined || holder === undefined) return [];
  const link = { ...file.entry, type: 'hardlink', size: 0, linkName: holder.entry.name, xattrs: new Map() } as const;
  return names.map((node) => {
    const entry = node === holder ? file.entry : link;
    return [node, { ...node, entry: { ...entry, name: node.entry.name } }];
  });
}
