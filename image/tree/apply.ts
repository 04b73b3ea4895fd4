// Puts owner, mode, extended attributes and time on something that was just placed, in the one order that keeps them.
// Works on paths and never follows a symbolic link.

import { chmodSync, fchmodSync, fchownSync, futimesSync, lchownSync, lutimesSync } from 'node:fs';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { lsetxattr, lutimesNs } from '../../native/sys.ts';
import type { TarEntry } from '../tar/entry.ts';
import { keepsXattr } from './xattr-policy.ts';

/** Translates the ids of an archive into the ids to be written. */
export type OwnerMap = (uid: number, gid: number) => readonly [uid: number, gid: number];

/**
 * Owner first, since chown clears setuid bits and capabilities; then mode, attributes, and time last.
 * `path` was made by the caller and is not a symbolic link unless the entry is one. Throws `owner-not-mapped`, `attribute-refused`.
 */
export function applyMetadata(path: Buffer, entry: TarEntry, mapOwner: OwnerMap): void {
  const [uid, gid] = mapOwner(entry.uid, entry.gid);
  explainOwner(entry, () => lchownSync(path, uid, gid));
  if (entry.type !== 'symlink') chmodSync(path, entry.mode);
  applyXattrs(path, entry);
  applyTime(path, entry);
}

/** The same for an open file; `path` is its path, for what has no call on descriptors. The caller closes it. */
export function applyFileMetadata(fd: number, path: Buffer, entry: TarEntry, mapOwner: OwnerMap): void {
  const [uid, gid] = mapOwner(entry.uid, entry.gid);
  explainOwner(entry, () => fchownSync(fd, uid, gid));
  fchmodSync(fd, entry.mode);
  applyXattrs(path, entry);
  if (isExactInNode(entry.mtime)) futimesSync(fd, entry.mtime.seconds, entry.mtime.seconds);
  else applyTime(path, entry);
}

function applyXattrs(path: Buffer, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs) {
    if (keepsXattr(name)) explainXattr(entry, name, () => lsetxattr(path, name, value));
  }
}

function explainXattr(entry: TarEntry, name: string, set: () => void): void {
  try {
    set();
  } catch (error) {
    if (isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT')) throw error;
    const what = `${entry.name.toString()} cannot be given the attribute ${name}`;
    throw new CooperError('attribute-refused', { what, cause: error });
  }
}

// Node's own calls keep microseconds only, and take a time before 1970 for the current time.
function isExactInNode({ seconds, nanoseconds }: TarEntry['mtime']): boolean {
  return nanoseconds === 0 && seconds >= 0;
}

function applyTime(path: Buffer, { mtime }: TarEntry): void {
  if (isExactInNode(mtime)) lutimesSync(path, mtime.seconds, mtime.seconds);
  else lutimesNs(path, mtime.seconds, mtime.nanoseconds);
}

// EINVAL is how the kernel says that an id has no place in the user namespace.
function explainOwner(entry: TarEntry, chown: () => void): void {
  try {
    chown();
  } catch (error) {
    if (!isSystemError(error, 'EINVAL')) throw error;
    const what = `${entry.name.toString()} belongs to ${entry.uid}:${entry.gid}, which is outside of the id map`;
    throw new CooperError('owner-not-mapped', { what, cause: error });
  }
}
