// Walks a root in an order that depends on names alone and says of each node what a tar entry needs. Reads no contents.
// Run it where the owners are right: inside the user namespace that the tree belongs to.

import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { lgetxattr, llistxattr } from '../../native/sys.ts';
import type { EntryType, TarEntry } from '../tar/entry.ts';
import { type BytePath, bytePath, fsPath, joinPath, rootPath } from './byte-path.ts';
import { keepsXattr } from './xattr-policy.ts';

/** One node of a tree. */
export interface TreeNode {
  /** Relative to the root; the root itself is the empty path. */
  readonly path: BytePath;
  /** Where its content is, for node:fs. */
  readonly source: Buffer;
  /** Named `./path` (the root `.`), with the node's own time. */
  readonly entry: TarEntry;
}

/**
 * Yields the root and everything below, a directory before its content, siblings by the bytes of their names. Of the
 * names of one file the first is a file, later ones hard links to it. Sockets are left out: they mean nothing later.
 */
export function* readTree(root: string): Generator<TreeNode> {
  const host = bytePath(resolve(root));
  yield* walk(host, rootPath, new Map());
}

/** The name of a path in an archive. */
export function entryName(path: BytePath): Buffer {
  return fsPath((path === rootPath ? '.' : `./${path}`) as BytePath);
}

type SeenFiles = Map<string, BytePath>;

function* walk(root: BytePath, path: BytePath, seen: SeenFiles): Generator<TreeNode> {
  const source = fsPath(joinPath(root, path));
  const status = lstatSync(source, { bigint: true });
  const type = typeOf(status);
  if (type === undefined) return;
  yield { path, source, entry: entryOf(path, source, status, type, seen) };
  if (type !== 'directory') return;
  // Characters are bytes, so comparing strings by code units is comparing bytes.
  for (const name of readdirSync(source, 'latin1').sort()) yield* walk(root, joinPath(path, name), seen);
}

function typeOf(status: BigIntStats): EntryType | undefined {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  if (status.isSymbolicLink()) return 'symlink';
  if (status.isFIFO()) return 'fifo';
  if (status.isCharacterDevice()) return 'character';
  return status.isBlockDevice() ? 'block' : undefined;
}

function entryOf(path: BytePath, source: Buffer, status: BigIntStats, type: EntryType, seen: SeenFiles): TarEntry {
  const first = type === 'file' && status.nlink > 1n ? firstName(path, status, seen) : path;
  const linked = first !== path;
  return {
    name: entryName(path),
    type: linked ? 'hardlink' : type,
    mode: Number(status.mode) & 0o7777,
    uid: Number(status.uid),
    gid: Number(status.gid),
    size: type === 'file' && !linked ? Number(status.size) : 0,
    mtime: timeOf(status.mtimeNs),
    linkName: linkName(source, type, linked ? first : undefined),
    xattrs: linked ? new Map() : xattrsOf(source),
    ...(type === 'character' || type === 'block' ? { device: deviceOf(status.rdev) } : {}),
  };
}

function linkName(source: Buffer, type: EntryType, first: BytePath | undefined): Buffer {
  if (first !== undefined) return entryName(first);
  return type === 'symlink' ? readlinkSync(source, 'buffer') : Buffer.alloc(0);
}

// Only regular files: a hard link to a symbolic link is something that careful readers refuse.
function firstName(path: BytePath, status: BigIntStats, seen: SeenFiles): BytePath {
  const key = `${status.dev}:${status.ino}`;
  const first = seen.get(key) ?? path;
  seen.set(key, first);
  return first;
}

function timeOf(total: bigint): TarEntry['mtime'] {
  const nanoseconds = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((total - nanoseconds) / 1_000_000_000n), nanoseconds: Number(nanoseconds) };
}

// Bits as in gnu_dev_major and gnu_dev_minor (makedev(3)).
function deviceOf(device: bigint): { major: number; minor: number } {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

function xattrsOf(source: Buffer): Map<string, Buffer> {
  const names = llistxattr(source).filter(keepsXattr).sort();
  return new Map(names.map((name) => [name, lgetxattr(source, name)]));
}
