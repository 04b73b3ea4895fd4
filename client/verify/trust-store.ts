// What this machine remembers of publishers: one small file each in the trust folder, <fingerprint>.json.
// Judged and written under a lock, atomically, never lowered; a file that cannot be understood is refused, not overwritten.

import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { fileDigestSchema } from '../../image/index.ts';
import { flock } from '../../native/index.ts';
import type { SeenCatalog } from './trust-state.ts';

const recordSchema = z.object({
  schemaVersion: z.literal(1),
  publisher: z.string(),
  serial: z.number().int().positive(),
  catalog: fileDigestSchema.shape.sha256,
});

/** Reads what is remembered of a publisher; undefined when nothing is. Throws `trust-state-invalid`. */
export async function readSeen(trustDir: string, fingerprint: string): Promise<SeenCatalog | undefined> {
  const file = path.join(trustDir, `${fingerprint}.json`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
  const record = parseRecord(text);
  if (record === undefined || record.publisher !== fingerprint) {
    throw new CooperError('trust-state-invalid', { what: `${file} is damaged` });
  }
  return { serial: record.serial, sha256: record.catalog };
}

/**
 * Hands what is remembered of a publisher to `judge`, which throws or gives what to remember from now on. No other run
 * comes in between, so none can lower a serial. Atomic, and on disk when it returns; a lower serial is never written.
 * @throws CooperError `trust-state-invalid`; what `judge` throws; the signal's reason when aborted while another run judges
 */
export async function advanceSeen(
  trustDir: string,
  fingerprint: string,
  judge: (seen: SeenCatalog | undefined) => SeenCatalog,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(trustDir, { recursive: true, mode: 0o755 });
  const lock = await openLock(trustDir);
  try {
    await take(lock, signal);
    const seen = await readSeen(trustDir, fingerprint);
    const next = judge(seen);
    if (seen !== undefined && seen.serial >= next.serial) return;
    await write(trustDir, fingerprint, next);
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

async function write(trustDir: string, fingerprint: string, { serial, sha256 }: SeenCatalog): Promise<void> {
  const file = path.join(trustDir, `${fingerprint}.json`);
  const record = { schemaVersion: 1, publisher: fingerprint, serial, catalog: sha256 };
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

/** A rename that a power cut undoes would lower the serial. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseRecord(text: string): z.infer<typeof recordSchema> | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
