// Downloads a large file of which only the size is known beforehand, and goes on where an earlier run was cut off. What was there
// before may be of another file: whoever calls this judges the whole, and begins anew when that is wrong.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainSystemError } from '../errors/index.ts';
import { fetchRest, Gap, type Growing, orAnew, writeAt } from './rest.ts';
import { retry } from './retry.ts';
import type { Transport } from './transport.ts';

/** What to download. */
export interface ResumableDownload {
  readonly transport: Transport;
  /** Path of the file; its folder must exist. An existing file is replaced. */
  readonly to: string;
  /** Bytes of the whole, at least one. */
  readonly size: number;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are there so far, also from an earlier run. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Fetches `url` into `to`, which is there once it has all its bytes; until then they are in `.NAME.part` beside it, also after a failure.
 * @returns bytes that were there before, and that came; whether they are of more than one answer, which may not go together
 * @throws CooperError as fetchBytes does, and `no-space`
 */
export async function resumeDownload(
  url: string,
  { transport, to, size, signal, onProgress }: ResumableDownload,
): Promise<{ readonly resumed: number; readonly fetched: number; readonly joined: boolean }> {
  const partial = partialName(to);
  try {
    const file = await openPartial(partial);
    let resumed = 0;
    let fetched = 0;
    let joined = false;
    try {
      const there = (await file.stat()).size;
      resumed = there > size ? 0 : there;
      if (there > size) await file.truncate(0);
      const gap = new Gap(growing(file), resumed, onProgress);
      const conditions = { transport, size, limit: size, signal };
      const rest = () => orAnew(gap, () => fetchRest(url, gap, conditions));
      const once = () => transport.slots.run(rest, signal);
      if (resumed < size) await retry(transport.attempts, signal, once, () => gap.stepsOf(size));
      if (gap.restarted) resumed = 0;
      ({ fetched, joined } = gap);
      await file.chmod(0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, to);
    return { resumed, fetched, joined };
  } catch (error) {
    throw explainSystemError(error, `downloading ${url}`);
  }
}

/** Removes what is there of a file, whole or not. */
export async function forgetDownload(to: string): Promise<void> {
  await rm(partialName(to), { force: true });
  await rm(to, { force: true });
}

/** Bytes that lie there of a file that has not come to its end. */
export const partialName = (to: string) => join(dirname(to), `.${basename(to)}.part`);

async function openPartial(path: string): Promise<FileHandle> {
  // a+ would write at the end whatever position is given.
  const made = await open(path, 'a', 0o600);
  await made.close();
  return open(path, 'r+');
}

function growing(file: FileHandle): Growing {
  return {
    write: (chunk, position) => writeAt(file, chunk, position),
    clear: () => file.truncate(0),
  };
}
