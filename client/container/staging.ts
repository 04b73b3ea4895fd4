// The folder in which a container comes into being: a hidden sibling of its final place, renamed when all is done.
// Whoever dies in between leaves a folder without a lock; the next run in the same place removes it.

import { type FileHandle, lstat, mkdir, mkdtemp, open, readdir, rename, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { removeForeignTree } from '../../image/index.ts';
import { flock, type IdMap, type IdRange } from '../../native/index.ts';
import { removeAbandoned, stagingMark } from './abandoned.ts';
import type { ContainerName } from './name.ts';

/** A container in the making. */
export interface Staging {
  /** The folder to fill: becomes `final`. */
  readonly folder: string;
  /** Where it will be: `<containers>/<name>`. */
  readonly final: string;
  /** The root filesystem in it, now and later. */
  readonly rootfs: string;
  readonly finalRootfs: string;
  /** Folder, `config` and root filesystem were there before; else they are made. */
  readonly prepared: boolean;
  /** What the user should know of the folder around it. */
  readonly notices: readonly string[];
  /** Puts the folder in its place, atomically. Throws `container-exists`. */
  commit(): Promise<void>;
  /** Removes what is in it so far, whoever owns it: the folder can be filled anew. */
  clear(): Promise<void>;
  /** Removes the folder and everything in it, whoever owns it. Does nothing after a commit. */
  discard(): Promise<void>;
}

const stickyBit = 0o1000;
/** To chown(2). */
const unchanged = -1;

/**
 * Makes the folder, mode 0770 as lxc-create does. `idMap` is the one in which files of the container are removed again.
 * Throws `container-exists`, `containers-unwritable`.
 */
export async function openStaging(containers: string, name: ContainerName, idMap: IdMap | 'host'): Promise<Staging> {
  const final = path.join(containers, name);
  await requireFree(final);
  await makeContainersFolder(containers);
  await requireOwnEntries(containers);
  const notices = await removeOthers(containers, idMap);
  const folder = await makeFolder(containers, name);
  const lock = await lockFolder(folder, idMap);
  let committed = false;
  return {
    folder,
    final,
    rootfs: path.join(folder, 'rootfs'),
    finalRootfs: path.join(final, 'rootfs'),
    prepared: false,
    notices,
    async commit() {
      await renameInto(folder, final);
      committed = true;
      await lock.close();
    },
    async clear() {
      for (const entry of await readdir(folder)) await removeForeignTree(path.join(folder, entry), idMap);
    },
    async discard() {
      if (committed) return;
      try {
        await removeForeignTree(folder, idMap);
      } finally {
        await lock.close();
      }
    },
  };
}

async function requireFree(final: string): Promise<void> {
  try {
    await lstat(final);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw unwritable(error, path.dirname(final));
  }
  throw exists(final);
}

async function makeContainersFolder(containers: string): Promise<void> {
  try {
    await mkdir(containers, { recursive: true });
  } catch (error) {
    throw unwritable(error, containers);
  }
}

/** In a sticky folder of another only an entry's owner may rename it, and a container belongs to its own root. */
async function requireOwnEntries(containers: string): Promise<void> {
  const { mode, uid } = await stat(containers);
  const user = process.geteuid?.();
  if (user === 0 || user === uid || (mode & stickyBit) === 0) return;
  throw new CooperError('containers-unwritable', {
    what: `${containers} is a sticky folder of another user: no container can be put in its place there`,
  });
}

async function removeOthers(containers: string, idMap: IdMap | 'host'): Promise<string[]> {
  try {
    return await removeAbandoned(containers, idMap);
  } catch (error) {
    throw unwritable(error, containers);
  }
}

async function makeFolder(containers: string, name: ContainerName): Promise<string> {
  try {
    return await mkdtemp(path.join(containers, `.${name}${stagingMark}`));
  } catch (error) {
    throw unwritable(error, containers);
  }
}

/** Gives the lock. A folder that cannot be prepared is gone again. */
async function lockFolder(folder: string, idMap: IdMap | 'host'): Promise<FileHandle> {
  let lock: FileHandle | undefined;
  try {
    lock = await open(folder, 'r');
    flock(lock.fd, 'exclusive', true);
    await prepareFolder(lock, idMap);
    return lock;
  } catch (error) {
    // What went wrong first is what the user is told.
    await Promise.allSettled([rmdir(folder), lock?.close()]);
    throw error;
  }
}

/**
 * What the container's root may not enter, its worker cannot fill. An ordinary user's worker takes the folder over by
 * itself, unless a setgid folder around it has given it a group that is not in the worker's map.
 */
async function prepareFolder(folder: FileHandle, idMap: IdMap | 'host'): Promise<void> {
  if (process.geteuid?.() !== 0) await folder.chown(unchanged, process.getegid?.() ?? unchanged);
  else if (idMap !== 'host') await folder.chown(rootIn(idMap.uid), rootIn(idMap.gid));
  await folder.chmod(0o770);
}

/** The host's id of the container's id 0. */
function rootIn(ranges: readonly IdRange[]): number {
  const range = ranges.find(({ inside }) => inside === 0);
  if (range === undefined) throw new TypeError('an id map without id 0');
  return range.outside;
}

/** Renaming onto an empty folder succeeds, onto a container it does not. */
async function renameInto(folder: string, final: string): Promise<void> {
  try {
    await rename(folder, final);
  } catch (error) {
    if (isSystemError(error, 'ENOTEMPTY') || isSystemError(error, 'EEXIST') || isSystemError(error, 'ENOTDIR')) {
      throw exists(final);
    }
    throw error;
  }
}

function exists(final: string): CooperError {
  return new CooperError('container-exists', { what: `${final} exists already` });
}

function unwritable(error: unknown, containers: string): unknown {
  const codes = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'];
  if (!codes.some((code) => isSystemError(error, code))) return error;
  return new CooperError('containers-unwritable', { what: `cannot make a container in ${containers}`, cause: error });
}
