// A RootView of a directory on disk. Synchronous: it is used in a worker inside a box. Nobody may change the tree meanwhile.

import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { nodeMark, parseNodeMark } from '../image/tree/node-mark.ts';
import { type NodeKind, walkInRoot } from '../native/in-root.ts';
import { lgetxattr, llistxattr } from '../native/sys.ts';
import type { RootEntry, RootView } from './root-view.ts';

/** Opens the directory `root` (an absolute path of the caller's file system). */
export function openRootView(root: string): RootView {
  const base = Buffer.from(root).toString('latin1');
  const host = (path: string) => Buffer.from(path === '' ? base : `${base}/${path}`, 'latin1');
  let all: readonly RootEntry[] | undefined;
  const attributes = new WeakMap<RootEntry, readonly string[]>();
  const xattrs = (entry: RootEntry) => {
    const known = attributes.get(entry) ?? llistxattr(host(entry.path));
    attributes.set(entry, known);
    return known;
  };
  const standsForNode = (entry: RootEntry) =>
    xattrs(entry).includes(nodeMark) && parseNodeMark(lgetxattr(host(entry.path), nodeMark)) !== undefined;
  const at = (path: string) => {
    const status = lstatSync(host(path), { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    const entry = entryOf(path, status);
    return entry.kind === 'file' && standsForNode(entry) ? { ...entry, kind: 'node' as const } : entry;
  };
  const names = (path: string) => readdirSync(host(path), 'latin1').sort();
  const look = {
    kindOf: (path: string) => nodeKind(lstatSync(host(path), { throwIfNoEntry: false })),
    targetOf: (path: string) => readlinkSync(host(path), 'latin1'),
  };
  const find = (path: string, last: 'follow' | 'keep') => {
    const reached = walkInRoot(look, path, last);
    return reached.complete ? at(reached.path) : undefined;
  };
  const resolve = (path: string) => find(path, 'follow');
  return {
    resolve,
    lstat: (path) => find(path, 'keep'),
    readFile: (path, limit) => {
      const entry = resolve(path);
      if (entry?.kind !== 'file') return undefined;
      if (entry.size > limit) throw new RangeError(`${path} has more than ${limit} bytes`);
      return readFileSync(host(entry.path));
    },
    readdir: (path) => {
      const entry = resolve(path);
      return entry?.kind === 'directory' ? names(entry.path) : [];
    },
    entries: () => {
      all ??= [at(''), ...below('', at, names)].filter((entry) => entry !== undefined);
      return all;
    },
    xattrs,
    xattr: (entry, name) => (xattrs(entry).includes(name) ? lgetxattr(host(entry.path), name) : undefined),
  };
}

type Look = (path: string) => RootEntry | undefined;

function* below(path: string, at: Look, names: (path: string) => string[]): Generator<RootEntry> {
  for (const name of names(path)) {
    const entry = at(path === '' ? name : `${path}/${name}`);
    if (entry === undefined) continue;
    yield entry;
    if (entry.kind === 'directory') yield* below(entry.path, at, names);
  }
}

function entryOf(path: string, status: Stats): RootEntry {
  const { mode, uid, gid, size } = status;
  return { path, kind: kindOf(status), mode: mode & 0o7777, uid, gid, size };
}

function kindOf(status: Stats): RootEntry['kind'] {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  if (status.isSymbolicLink()) return 'symlink';
  if (status.isCharacterDevice()) return 'character';
  if (status.isBlockDevice()) return 'block';
  return status.isFIFO() ? 'fifo' : 'socket';
}

function nodeKind(status: Stats | undefined): NodeKind {
  if (status === undefined) return 'missing';
  if (status.isDirectory()) return 'directory';
  return status.isSymbolicLink() ? 'symlink' : 'other';
}
