// Turns a tree into the tar of an image, in segments: the same bytes for the same tree, wherever and whenever it is packed. Device nodes of
// the tree are left out; those of the image are headers only: from a list, and for what programs of the root have made.

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { CooperError } from '../errors/index.ts';
import { type PlacedNode, placedNode } from './bound-nodes.ts';
import { blocksOf, type PlanRequest, planPack } from './pack-plan.ts';
import { type PackedNode, recreateNodes } from './recorded-nodes.ts';
import type { SegmentPlan } from './segment/block-writer.ts';
import type { TarEntry } from './tar/entry.ts';
import { TarWriter } from './tar/writer.ts';
import { type BytePath, bytePath, rootPath, shownPath, splitPath } from './tree/byte-path.ts';
import { entryName, readTree, type TreeNode } from './tree/read.ts';

/** A device node that the image has and its tree never has. */
export interface ImageDevice {
  /** Rootfs-relative, without leading slash: `dev/console`. */
  readonly path: string;
  readonly type: 'character' | 'block';
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
}

/** What is packed. */
export interface PackTreeRequest extends PlanRequest {
  readonly root: string;
  readonly devices: readonly ImageDevice[];
}

/** The archive that was written. */
export interface PackedTree {
  readonly entries: number;
  /** Bytes of the tar. */
  readonly size: number;
  /** Device nodes that are not of the list: recorded while programs ran in the root. */
  readonly recorded: readonly PlacedNode[];
}

const readSize = 1024 * 1024;

/**
 * Writes the tar to `sink`, which has used or copied the bytes when it returns; before that tells the segments that it will have,
 * in their order. Throws `archive-conflict`.
 */
export function packTree(
  request: PackTreeRequest,
  sink: (bytes: Buffer) => void,
  announce: (plan: readonly SegmentPlan[]) => void = () => undefined,
): PackedTree {
  const writer = new TarWriter(sink);
  const buffer = Buffer.allocUnsafe(readSize);
  const nodes = [...merge(recreateNodes(readTree(request.root)), listedNodes(request))];
  const segments = planPack(nodes, request);
  announce(segments.flatMap(blocksOf));
  for (const node of segments.flatMap((segment) => segment.nodes)) {
    writer.entry(node.entry);
    if (node.entry.size > 0) copyContent(node, buffer, writer);
  }
  writer.finish();
  const recorded = nodes.filter((node) => node.recorded).flatMap(({ path, entry }) => placedNode(path, entry) ?? []);
  return { entries: writer.entries, size: writer.size, recorded };
}

type Listed = Pick<TreeNode, 'path' | 'entry'> & { readonly recorded?: boolean; readonly source?: Buffer };

// A file that shrinks or grows meanwhile would shift everything behind it: TarWriter refuses that.
function copyContent(node: Listed, buffer: Buffer, writer: TarWriter): void {
  if (node.source === undefined) return;
  const fd = openSync(node.source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let left = node.entry.size; left > 0; ) {
      const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
      if (count === 0) throw new RangeError(`${shownPath(node.path)} shrank while it was packed`);
      writer.data(buffer.subarray(0, count));
      left -= count;
    }
  } finally {
    closeSync(fd);
  }
}

// The listed devices and every directory above them, by path.
function listedNodes({ devices, epoch }: PackTreeRequest): Listed[] {
  const nodes = new Map<BytePath, TarEntry>();
  const common = { uid: 0, gid: 0, size: 0, mtime: { seconds: epoch, nanoseconds: 0 } };
  const rest = { ...common, linkName: Buffer.alloc(0), xattrs: new Map<string, Buffer>() };
  for (const { path: text, type, mode, major, minor } of devices) {
    const path = bytePath(text);
    nodes.set(path, { name: entryName(path), type, mode, device: { major, minor }, ...rest });
    for (let { parent } = splitPath(path); parent !== rootPath; { parent } = splitPath(parent)) {
      if (!nodes.has(parent)) nodes.set(parent, { name: entryName(parent), type: 'directory', mode: 0o755, ...rest });
    }
  }
  return [...nodes].map(([path, entry]) => ({ path, entry })).sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
}

// The order of readTree: components compared one by one, which is comparing with the lowest byte as separator.
function orderKey({ path }: Listed): string {
  return path.replaceAll('/', '\0');
}

/** Both sequences in one order; a directory of the tree replaces the listed one, a listed device the tree's node. */
function* merge(tree: Iterable<PackedNode>, listed: readonly Listed[]): Generator<Listed> {
  const waiting = [...listed];
  for (const node of tree) {
    const key = orderKey(node);
    while (waiting[0] !== undefined && orderKey(waiting[0]) < key) yield* waiting.splice(0, 1);
    const same = waiting[0]?.path === node.path ? waiting.shift() : undefined;
    if (same === undefined) {
      if (node.entry.device === undefined || node.recorded) yield node;
    } else {
      refuseMismatch(node, same);
      yield same.entry.type === 'directory' ? node : same;
    }
  }
  yield* waiting;
}

function refuseMismatch({ path, entry }: Listed, listed: Listed): void {
  if ((entry.type === 'directory') === (listed.entry.type === 'directory')) return;
  const what = `the root has a ${entry.type} at ${shownPath(path)}, where the list of devices needs a ${listed.entry.type}`;
  throw new CooperError('archive-conflict', { what, next: 'Correct the devices of the definition.' });
}
