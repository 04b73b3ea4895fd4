// An archive while it comes into being. What a run that was interrupted has left is taken up by the next one,
// since every block is judged by its digest before it counts; another process that fetches the same image has a file of its own.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { partialSuffix } from '../../fetch/index.ts';
import { flock } from '../../native/index.ts';
import { isStill } from '../cache/held-file.ts';

/** Bytes that an interrupted run has left of the file. */
export async function partialBytes(to: string): Promise<number> {
  try {
    // It has holes.
    return (await stat(`${hiddenName(to)}.part`)).blocks * 512;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}

function hiddenName(to: string): string {
  return path.join(path.dirname(to), `.${path.basename(to)}`);
}

/** Milliseconds after which nobody is expected to take a file up again: a week. */
const abandonedAfter = 7 * 24 * 3600 * 1000;

const resumable = /^\.[0-9a-f]{64}\.tar\.(xz|zst)\.part$/;

/** A file with holes in it. */
export interface PartialArchive {
  readonly path: string;
  /** Nothing was left of an earlier run. */
  isEmpty(): Promise<boolean>;
  /** Bytes from there, fewer where the file ends. */
  read(position: number, length: number): Promise<Buffer>;
  write(bytes: Buffer, position: number): Promise<void>;
  /** Syncs the file; it has its final mode and size then. */
  finish(size: number): Promise<void>;
  /** Gives the file its name. */
  place(): Promise<void>;
  /** Lets go of it: a file with something in it that is worth keeping stays for the next run, unless this one has its own. */
  leave(worthKeeping: boolean): Promise<void>;
}

/** Opens what an interrupted run has left of the file, or a new one. `fresh`: nothing of what is there may be used. */
export async function openPartial(to: string, fresh: boolean): Promise<PartialArchive> {
  const hidden = hiddenName(to);
  const file = `${hidden}.part`;
  const taken = await openLocked(file);
  if (taken !== undefined) {
    if (fresh) await taken.truncate(0);
    return partialArchive(taken, { file, to, canStay: true });
  }
  const own = `${hidden}.${randomBytes(6).toString('hex')}${partialSuffix}`;
  return partialArchive(await open(own, 'wx+', 0o600), { file: own, to, canStay: false });
}

/** Removes what interrupted runs left long ago, unless another run has taken it up. What cannot be removed stays. */
export async function removeAbandonedPartials(folder: string, now: Date): Promise<void> {
  for (const file of await unfinishedIn(folder)) {
    try {
      if (now.getTime() - (await stat(file)).mtimeMs > abandonedAfter) await removeUnlessTaken(file);
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code))) throw error;
    }
  }
}

/** Removes an unfinished file, unless another run has it. Gives whether it is gone. */
export async function removeUnlessTaken(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    if (!flock(handle.fd, 'exclusive', true) || !(await isStill(handle, file))) return false;
    await unlink(file);
    return true;
  } finally {
    await handle.close();
  }
}

/** Paths of what interrupted runs have left in the folder, and of what runs are fetching. */
export async function unfinishedIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => resumable.test(name)).map((name) => path.join(folder, name));
}

/** Undefined when it is another user's. */
async function openShared(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    if (isSystemError(error, 'EACCES')) return undefined;
    throw error;
  }
}

/** Undefined while another process has it. */
async function openLocked(file: string): Promise<FileHandle | undefined> {
  for (;;) {
    const handle = await openShared(file);
    if (handle === undefined) return undefined;
    if (!flock(handle.fd, 'exclusive', true)) {
      await handle.close();
      return undefined;
    }
    if (await isStill(handle, file)) return handle;
    // Whoever had the lock has put the file in its place or removed it.
    await handle.close();
  }
}

interface PartialPlace {
  readonly file: string;
  readonly to: string;
  /** Another run can take it up. */
  readonly canStay: boolean;
}

function partialArchive(handle: FileHandle, { file, to, canStay }: PartialPlace): PartialArchive {
  let placed = false;
  return {
    path: file,
    async isEmpty() {
      return (await handle.stat()).size === 0;
    },
    async read(position, length) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    },
    async write(bytes, position) {
      for (let at = 0; at < bytes.length; ) {
        at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
      }
    },
    async finish(size) {
      await handle.truncate(size);
      await handle.chmod(0o644);
      await handle.sync();
    },
    async place() {
      await rename(file, to);
      placed = true;
    },
    async leave(worthKeeping) {
      try {
        if (!placed && !(worthKeeping && canStay)) await unlink(file);
      } finally {
        await handle.close();
      }
    },
  };
}
