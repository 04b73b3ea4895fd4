// Who has what was fetched for builds in their hands: any number of runs that use it, or one that makes it smaller. The kernel's lock on
// a file beside it, so that the lock of a run that dies is free. Where no such file can be made, or locked, runs get on without.

import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isSystemError } from '../../errors/index.ts';
import { flock } from '../../native/index.ts';

/** Milliseconds between two looks at a lock that another holds. */
const pause = 50;

const notOurs = ['EACCES', 'EPERM', 'EROFS'];
// Not there; not ours; no room.
const noFile = ['ENOENT', ...notOurs, 'ENOSPC', 'EDQUOT'];
// File systems of a network may have none, and no exclusive one for who may only read.
const noLock = ['ENOLCK', 'EOPNOTSUPP', 'ENOTSUP', 'EBADF'];

/**
 * Does the work of a run: nothing that is fetched for builds is removed meanwhile. `cacheDir`: the home folder's cache.
 * @throws the signal's reason when it is aborted while another makes the caches smaller
 */
export async function withCaches<T>(cacheDir: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = await openLock(cacheDir, true);
  try {
    while (lock !== undefined && taken(lock, 'shared') === 'held') await wait(pause, undefined, { signal });
    return await work();
  } finally {
    await lock?.close();
  }
}

/** Does what no run may see, at once; `busy`: a run has the caches, or they cannot be locked, and nothing was done. */
export async function withUnusedCaches<T>(cacheDir: string, work: () => Promise<T>): Promise<T | 'busy'> {
  const lock = await openLock(cacheDir, false);
  try {
    if (lock === undefined || taken(lock, 'exclusive') !== 'taken') return 'busy';
    return await work();
  } finally {
    await lock?.close();
  }
}

/** The file stays: a lock on one that is gone would keep nobody out. */
async function openLock(cacheDir: string, make: boolean): Promise<FileHandle | undefined> {
  try {
    if (make) await mkdir(cacheDir, { recursive: true });
    const file = join(cacheDir, 'builds.lock');
    // NFS wants a file that may be written for an exclusive lock (flock(2)); somebody else's may be read alone.
    const { O_RDWR, O_RDONLY, O_CREAT } = constants;
    return await open(file, O_RDWR | O_CREAT, 0o644).catch((error: unknown) => {
      if (notOurs.some((code) => isSystemError(error, code))) return open(file, O_RDONLY);
      throw error;
    });
  } catch (error) {
    if (noFile.some((code) => isSystemError(error, code))) return undefined;
    throw error;
  }
}

function taken({ fd }: FileHandle, kind: 'exclusive' | 'shared'): 'taken' | 'held' | 'none' {
  try {
    return flock(fd, kind, true) ? 'taken' : 'held';
  } catch (error) {
    if (noLock.some((code) => isSystemError(error, code))) return 'none';
    throw error;
  }
}
