// The system calls that node:fs lacks: extended attributes, device nodes, nanosecond times, file locks, pipes,
// the terminal's foreground.
// None follows a symlink in the last component. All block; failures are system errors as node:fs throws them.

import { getSystemErrorMap } from 'node:util';
import { loadAddon } from './package-root.ts';

/** A path as node:fs takes it; Buffers keep names that are not UTF-8. */
export type SysPath = string | Buffer;

/** What sys.node exports (native/sys/sys.c): results, or the negative errno. */
interface Addon {
  llistxattr(path: Buffer): Buffer | number;
  lgetxattr(path: Buffer, name: Buffer): Buffer | number;
  lsetxattr(path: Buffer, name: Buffer, value: Buffer): number;
  lremovexattr(path: Buffer, name: Buffer): number;
  mknod(path: Buffer, mode: number, major: number, minor: number): number;
  lutimes(path: Buffer, seconds: number, nanoseconds: number): number;
  flock(fd: number, exclusive: number, nonblocking: number): number;
  pipe(): number;
  socketpair(): number;
  receiveFd(socket: number): Promise<number>;
  sendFd(socket: number, fd: number): number;
  takeTerminal(fd: number): number;
  openPinned(directory: number, name: Buffer): number;
  statPinned(fd: number, name: Buffer): Buffer | number;
  chownPinned(fd: number, uid: number, gid: number): number;
  listPinned(fd: number): Buffer | number;
  getPinned(fd: number, name: Buffer): Buffer | number;
  setPinned(fd: number, name: Buffer, value: Buffer): number;
  syncfs(fd: number): number;
  crypt(password: Buffer, prefix: Buffer): Buffer | number;
}

let loaded: Addon | undefined;

/** The addon, for the files of this folder. */
export function sysAddon(): Addon {
  loaded ??= loadAddon() as Addon;
  return loaded;
}

const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;

function bytes(text: SysPath): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

/** A system error as node:fs throws it, of a negative errno. */
export function systemError(errno: number, syscall: string, path?: SysPath): NodeJS.ErrnoException {
  const [code, description] = getSystemErrorMap().get(errno) ?? [`E${-errno}`, 'unknown error'];
  const shown = path === undefined ? '' : ` '${path.toString()}'`;
  const detail = path === undefined ? {} : { path: path.toString() };
  return Object.assign(new Error(`${code}: ${description}, ${syscall}${shown}`), { errno, code, syscall, ...detail });
}

/** Throws for a negative errno. */
export function done(result: number, syscall: string, path?: SysPath): void {
  if (result < 0) throw systemError(result, syscall, path);
}

/** The bytes; throws for a negative errno. */
export function filled(result: Buffer | number, syscall: string, path: SysPath): Buffer {
  if (typeof result === 'number') throw systemError(result, syscall, path);
  return result;
}

/** The names in what listxattr(2) gives. */
export function listed(list: Buffer): string[] {
  return list.length === 0 ? [] : list.toString('utf8', 0, list.length - 1).split('\0');
}

/** Names of all extended attributes (xattr(7)) of a file or symlink, in the kernel's order. */
export function llistxattr(path: SysPath): string[] {
  return listed(filled(sysAddon().llistxattr(bytes(path)), 'llistxattr', path));
}

/** The value of one attribute; ENODATA when there is none of that name. */
export function lgetxattr(path: SysPath, name: string): Buffer {
  return filled(sysAddon().lgetxattr(bytes(path), Buffer.from(name)), 'lgetxattr', path);
}

/** Sets or replaces one attribute. */
export function lsetxattr(path: SysPath, name: string, value: Buffer): void {
  done(sysAddon().lsetxattr(bytes(path), Buffer.from(name), value), 'lsetxattr', path);
}

/** Removes one attribute; ENODATA when there is none of that name. */
export function lremovexattr(path: SysPath, name: string): void {
  done(sysAddon().lremovexattr(bytes(path), Buffer.from(name)), 'lremovexattr', path);
}

/** A device to make. */
export interface DeviceNode {
  readonly type: 'character' | 'block';
  readonly major: number;
  readonly minor: number;
}

/** Makes a device node; `mode` are permission bits, lessened by the umask. Real devices need real root (else EPERM). */
export function mknod(path: SysPath, mode: number, device: DeviceNode): void {
  const type = device.type === 'block' ? S_IFBLK : S_IFCHR;
  done(sysAddon().mknod(bytes(path), type | (mode & 0o7777), device.major, device.minor), 'mknod', path);
}

/** Makes a named pipe; `mode` are permission bits, lessened by the umask. */
export function mkfifo(path: SysPath, mode: number): void {
  done(sysAddon().mknod(bytes(path), S_IFIFO | (mode & 0o7777), 0, 0), 'mkfifo', path);
}

/** Sets access and modification time of a file or of a symlink itself: seconds since 1970 (may be negative) and 0…999999999 ns. */
export function lutimesNs(path: SysPath, seconds: number, nanoseconds: number): void {
  done(sysAddon().lutimes(bytes(path), seconds, nanoseconds), 'utimensat', path);
}

/**
 * Takes an advisory lock (flock(2)) that lasts until the fd is closed. False when `nonblocking` and another holds it;
 * otherwise it blocks the whole process until it has the lock.
 */
export function flock(fd: number, kind: 'exclusive' | 'shared', nonblocking: boolean): boolean {
  const result = sysAddon().flock(fd, kind === 'exclusive' ? 1 : 0, nonblocking ? 1 : 0);
  if (result < 0) {
    const error = systemError(result, 'flock');
    if (error.code === 'EAGAIN') return false;
    throw error;
  }
  return true;
}

/** A pipe whose ends are closed by exec; the caller closes both. Children get real pipes of it, where node gives sockets. */
export function makePipe(): { readonly read: number; readonly write: number } {
  const result = sysAddon().pipe();
  done(result, 'pipe');
  return { read: Math.floor(result / 2 ** 20), write: result % 2 ** 20 };
}

/** Two connected Unix sockets, closed by exec; the caller closes both. */
export function makeSocketPair(): { readonly ours: number; readonly theirs: number } {
  const result = sysAddon().socketpair();
  done(result, 'socketpair');
  return { ours: Math.floor(result / 2 ** 20), theirs: result % 2 ** 20 };
}

/**
 * Waits for a descriptor that is sent over a Unix socket (unix(7), SCM_RIGHTS); the socket stays open. ENOTCONN when the
 * other end is closed before one has come.
 */
export async function receiveFd(socket: number): Promise<number> {
  const result = await sysAddon().receiveFd(socket);
  done(result, 'recvmsg');
  return result;
}

/** Sends a descriptor to whoever receives from the other end; both stay open here. EPIPE when nobody does any more. */
export function sendFd(socket: number, fd: number): void {
  done(sysAddon().sendFd(socket, fd), 'sendmsg');
}

/**
 * Makes the group of this process the foreground group of the terminal `fd` again, so that its keys come here. To be called
 * when a shell that has made a group of its own has ended. ENOTTY when the fd is not the terminal of this process.
 */
export function takeTerminal(fd: number): void {
  done(sysAddon().takeTerminal(fd), 'tcsetpgrp');
}
