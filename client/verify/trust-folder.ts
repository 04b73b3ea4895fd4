// The trust folder: small JSON records that are judged and written under one lock, atomically, and are on disk when that returns.
// A record that cannot be understood is refused, not overwritten. Knows nothing of what the records mean.

import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { z } from 'zod';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { flock } from '../../native/index.ts';

/** Reads a record; undefined when there is none. Throws what `damaged` makes of one that is none, else `trust-state-invalid`. */
export async function readRecord<T>(
  trustDir: string,
  name: string,
  schema: z.ZodType<T>,
  damaged = stateInvalid,
): Promise<T | undefined> {
  const file = path.join(trustDir, name);
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (error instanceof Error && 'syscall' in error) throw error;
    throw damaged(file, error);
  }
}

function stateInvalid(file: string, cause: unknown): CooperError {
  return new CooperError('trust-state-invalid', { what: `${file} is damaged`, cause });
}

/** Writes a record, whole or not at all. For the work of withTrustLock only. */
export async function writeRecord(trustDir: string, name: string, record: object): Promise<void> {
  const file = path.join(trustDir, name);
  const temporary = `${file}.new`;
  try {
    const handle = await open(temporary, 'w', 0o644);
    try {
      await handle.writeFile(`${JSON.stringify(record)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(trustDir);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Runs `work` while no other run has the folder, which is made when it is missing.
 * @throws the signal's reason when aborted while another run has it; what `work` throws
 */
export async function withTrustLock<T>(trustDir: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await mkdir(trustDir, { recursive: true, mode: 0o755 });
  const lock = await openLock(trustDir);
  try {
    await take(lock, signal);
    return await work();
  } finally {
    await lock.close();
  }
}

/** A folder that can only be read does as long as nothing is new: there the folder itself is locked. */
async function openLock(trustDir: string): Promise<FileHandle> {
  try {
    return await open(path.join(trustDir, '.lock'), 'a', 0o644);
  } catch (error) {
    if (isSystemError(error, 'EROFS') || isSystemError(error, 'EACCES')) return open(trustDir, 'r');
    throw error;
  }
}

/** Milliseconds between two looks at a lock that another holds, for as long as it takes to judge a catalog and write a line. */
const pause = 10;

/** A lock that blocks would stop this process, with the other run in it when both are in one. */
async function take(lock: FileHandle, signal?: AbortSignal): Promise<void> {
  while (!flock(lock.fd, 'exclusive', true)) {
    signal?.throwIfAborted();
    await wait(pause);
  }
}

/** A rename that a power cut undoes would lower a serial. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
