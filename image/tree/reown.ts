// Makes a tree that was made in a user namespace what it is inside, for the host itself: the owners that it has there, and
// device nodes where files stand for them (node-mark.ts). Needs real root and nobody else at work in the tree. Never follows
// a symbolic link. Refuses owners that the map does not have.

import { type BigIntStats, chmodSync, lchownSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { type IdMap, type IdRange, lgetxattr, llistxattr, lsetxattr, lutimesNs, mknod } from '../../native/index.ts';
import { type BytePath, bytePath, fsPath, joinPath, shownPath } from './byte-path.ts';
import { type MarkedNode, nodeMark, parseNodeMark } from './node-mark.ts';
import { capabilities, holdsIds, mapAclIds, mapCapabilityRoot } from './xattr-ids.ts';

/** Changes `root` and everything below. Throws `owner-not-mapped`. Not atomic: done again it refuses what it has changed. */
export function reownTree(root: string, idMap: IdMap): void {
  reown(bytePath(resolve(root)), idMap, new Set());
}

function reown(path: BytePath, idMap: IdMap, done: Set<bigint>): void {
  const source = fsPath(path);
  const status = lstatSync(source, { bigint: true });
  const names = status.isSymbolicLink() ? [] : llistxattr(source);
  const node = status.isFile() && names.includes(nodeMark) ? parseNodeMark(lgetxattr(source, nodeMark)) : undefined;
  if (node !== undefined) {
    becomeNode(path, node, status, idMap);
    return;
  }
  if (status.nlink > 1n && !status.isDirectory()) {
    if (done.has(status.ino)) return;
    done.add(status.ino);
  }
  const attributes = changedAttributes(source, names, idMap, path);
  const uid = inside(Number(status.uid), idMap.uid, path);
  lchownSync(source, uid, inside(Number(status.gid), idMap.gid, path));
  // The change of the owner has cleared both.
  if (hasSpecialBits(status)) chmodSync(source, Number(status.mode) & 0o7777);
  for (const [name, value] of attributes) lsetxattr(source, name, value);
  if (!status.isDirectory()) return;
  for (const name of readdirSync(source, 'latin1')) reown(joinPath(path, name), idMap, done);
}

/** Each name of a marked file becomes a node of its own, as in an archive. */
function becomeNode(path: BytePath, node: MarkedNode, { mode, uid, gid, mtimeNs }: BigIntStats, idMap: IdMap): void {
  const place = fsPath(path);
  rmSync(place);
  mknod(place, 0o600, node);
  lchownSync(place, inside(Number(uid), idMap.uid, path), inside(Number(gid), idMap.gid, path));
  chmodSync(place, Number(mode) & 0o7777);
  lutimesNs(place, Number(mtimeNs / 1_000_000_000n), Number(mtimeNs % 1_000_000_000n));
}

/** Attributes with ids of the namespace in them, as they are on the host. */
function changedAttributes(
  source: Buffer,
  names: readonly string[],
  idMap: IdMap,
  path: BytePath,
): [name: string, value: Buffer][] {
  return names.filter(holdsIds).map((name) => {
    const value = lgetxattr(source, name);
    if (name === capabilities) return [name, mapCapabilityRoot(value, () => 0)];
    return [name, mapAclIds(value, (kind, id) => inside(id, idMap[kind], path))];
  });
}

function hasSpecialBits(status: BigIntStats): boolean {
  return !status.isSymbolicLink() && (status.mode & 0o7000n) !== 0n;
}

function inside(wanted: number, ranges: readonly IdRange[], path: BytePath): number {
  const range = ranges.find(({ outside, count }) => wanted >= outside && wanted < outside + count);
  if (range !== undefined) return wanted - range.outside + range.inside;
  throw new CooperError('owner-not-mapped', { what: `${shownPath(path)} belongs to ${wanted}, which no id inside is` });
}
