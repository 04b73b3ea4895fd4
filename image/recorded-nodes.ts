// Turns the files that stand for device nodes (tree/node-mark.ts) into those nodes, on the way from a tree to an archive.
// Pure: it sees what the walk saw.

import type { TarEntry } from './tar/entry.ts';
import { nodeMark, parseNodeMark } from './tree/node-mark.ts';
import type { TreeNode } from './tree/read.ts';

/** A node of a tree, `recorded` when it stands for a device that a program of the root has made. */
export interface PackedNode extends TreeNode {
  readonly recorded: boolean;
}

/**
 * The same nodes in the same order. Of a marked file each name becomes a node of its own: a hard link to a node that an
 * unprivileged client leaves out would lead nowhere. The mark itself never passes.
 */
export function* recreateNodes(tree: Iterable<TreeNode>): Generator<PackedNode> {
  const marked = new Map<string, TarEntry>();
  for (const node of tree) {
    const { entry } = node;
    const known = entry.type === 'hardlink' ? marked.get(entry.linkName.toString('latin1')) : deviceOf(entry);
    if (known === undefined) {
      yield { ...node, entry: withoutMark(entry), recorded: false };
      continue;
    }
    if (entry.type === 'file') marked.set(entry.name.toString('latin1'), known);
    yield { ...node, entry: { ...known, name: entry.name }, recorded: true };
  }
}

function deviceOf(entry: TarEntry): TarEntry | undefined {
  const mark = entry.type === 'file' ? entry.xattrs.get(nodeMark) : undefined;
  const node = mark === undefined ? undefined : parseNodeMark(mark);
  if (node === undefined) return undefined;
  const { type, major, minor } = node;
  return { ...withoutMark(entry), type, size: 0, device: { major, minor } };
}

function withoutMark(entry: TarEntry): TarEntry {
  if (!entry.xattrs.has(nodeMark)) return entry;
  return { ...entry, xattrs: new Map([...entry.xattrs].filter(([name]) => name !== nodeMark)) };
}
