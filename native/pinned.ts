// Files held by a descriptor while they are worked on, as openat(2) and O_PATH allow it: names may be changed by others meanwhile,
// the work stays on the very file. Never follows a symbolic link. All block; failures are system errors as node:fs throws them.

import { done, filled, listed, type SysPath, sysAddon, systemError } from './sys.ts';

/** A descriptor opened with O_PATH; the caller closes it. `/proc/self/fd/N` is the file itself for node:fs. */
export type Pinned = number & { readonly brand: 'Pinned' };

/** What statx(2) says of a file. */
export interface PinnedStatus {
  readonly inode: bigint;
  /** File system, and mount: a bind mount of the same file system has another one. */
  readonly device: bigint;
  readonly mount: bigint;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** When it was made, nanoseconds since 1970; 0 where the file system does not know. */
  readonly born: bigint;
  /** Immutable or append-only (chattr(1)): even root cannot change its owner. */
  readonly locked: boolean;
  readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
}

/** AT_FDCWD: names are then paths. */
const workingDirectory = -100;

/** Holds the file `name` of a directory, or the one at a path; a symbolic link itself, if that is what it is. */
export function openPinned(directory: Pinned | 'path', name: SysPath): Pinned {
  const result = sysAddon().openPinned(directory === 'path' ? workingDirectory : directory, Buffer.from(name));
  if (result < 0) throw systemError(result, 'openat', name);
  return result as Pinned;
}

/** The file's status. */
export function statPinned(file: Pinned): PinnedStatus {
  const numbers = filled(sysAddon().statPinned(file, Buffer.alloc(0)), 'statx', pinnedPath(file));
  const at = (index: number) => numbers.readBigInt64LE(index * 8);
  return {
    inode: BigInt.asUintN(64, at(0)),
    device: at(1),
    mount: at(2),
    mode: Number(at(3)),
    uid: Number(at(4)),
    gid: Number(at(5)),
    links: Number(at(6)),
    born: at(7),
    locked: at(8) !== 0n,
    mtime: { seconds: Number(at(9)), nanoseconds: Number(at(10)) },
  };
}

/** Changes the owner; the kernel clears set-id bits and capabilities of what is no directory. */
export function chownPinned(file: Pinned, uid: number, gid: number): void {
  done(sysAddon().chownPinned(file, uid, gid), 'fchownat', pinnedPath(file));
}

/** Names of all extended attributes of something that is no symbolic link. */
export function listPinned(file: Pinned): string[] {
  return listed(filled(sysAddon().listPinned(file), 'listxattr', pinnedPath(file)));
}

/** The value of one attribute; ENODATA when there is none of that name. */
export function getPinned(file: Pinned, name: string): Buffer {
  return filled(sysAddon().getPinned(file, Buffer.from(name)), 'getxattr', pinnedPath(file));
}

/** Sets or replaces one attribute. */
export function setPinned(file: Pinned, name: string, value: Buffer): void {
  done(sysAddon().setPinned(file, Buffer.from(name), value), 'setxattr', pinnedPath(file));
}

/** Waits until everything of a file system is on its disk; `fd` is an open file of it, not a pinned one. */
export function syncFileSystem(fd: number): void {
  done(sysAddon().syncfs(fd), 'syncfs');
}

/** Where node:fs finds a pinned file; below it, what is in a pinned directory. */
export function pinnedPath(file: Pinned): string {
  return `/proc/self/fd/${file}`;
}
