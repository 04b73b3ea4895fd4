// Copies a whole tree, and readies one of merged layers for changes. Run both where the owners are right: inside the
// user namespace that the trees belong to.

import { chmodSync, closeSync, constants, linkSync, openSync, readSync, unlinkSync } from 'node:fs';
import { type BytePath, bytePath, entryPath, fsPath, joinPath } from './byte-path.ts';
import { readTree, type TreeNode } from './read.ts';
import { TreeWriter } from './write.ts';

const readSize = 1024 * 1024;

/** Makes `to`, an empty directory, equal `from`: content, owners, modes, times, attributes, hard links. */
export function copyTree(from: string, to: string): void {
  const writer = new TreeWriter(to, { parents: 'refuse-symlinks', devices: 'refuse' });
  const buffer = Buffer.allocUnsafe(readSize);
  for (const node of readTree(from)) {
    writer.entry(node.entry);
    if (node.entry.size > 0) copyContent(node, buffer, writer);
    writer.end();
  }
  writer.finish();
}

function copyContent(node: TreeNode, buffer: Buffer, writer: TreeWriter): void {
  const fd = openSync(node.source, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let left = node.entry.size; left > 0; ) {
      const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
      if (count === 0) throw new RangeError(`${node.source} shrank while it was copied`);
      writer.data(buffer.subarray(0, count));
      left -= count;
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * For a root of merged layers: overlayfs copies a file into the upper layer when it is written to, but only under the name
 * that was used, so that the other names of the same file would stay behind. Here all names of such files come up first.
 */
export function liftLinks(root: string): void {
  const base = bytePath(root);
  const linked = [...readTree(root)].filter(({ entry }) => entry.type === 'hardlink');
  const lifted = new Set<BytePath>();
  for (const { source, entry } of linked) {
    const path = joinPath(base, entryPath(entry.linkName));
    // Any change of attributes makes overlayfs copy a file up; this one leaves the mode as it is.
    if (!lifted.has(path)) chmodSync(fsPath(path), entry.mode);
    lifted.add(path);
    unlinkSync(source);
    linkSync(fsPath(path), source);
  }
}
