// When the newest file of an archive was changed: what a build from it takes for its own time. Reading it all takes as long as unpacking,
// so it is noted by the digest of the archive.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../../errors/index.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import { openContentCache } from '../cache.ts';
import { noteFolderOf, packageCacheOf } from '../fetched.ts';
import type { SourceContext } from '../kind.ts';
import { unpacked } from '../unpacked.ts';
import type { SeedPart } from '../wanted.ts';
import { rootLimit } from './root-limit.ts';

/**
 * Seconds since 1970; a time in the future is not believed.
 * @throws CooperError `archive-corrupt`, `archive-unsupported`, `archive-too-large`
 */
export async function newestTime({ digest }: SeedPart, { cacheDir, now, signal }: SourceContext): Promise<number> {
  const note = join(noteFolderOf(cacheDir), `${digest.sha256}.newest`);
  const noted = await readNote(note);
  const newest = noted ?? (await read(digest.sha256, cacheDir, signal));
  if (noted === undefined) await writeNote(note, newest);
  return Math.min(newest, Math.floor(now.getTime() / 1000));
}

async function read(sha256: string, cacheDir: string, signal: AbortSignal): Promise<number> {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  const file = await cache.find(sha256);
  if (file === undefined) throw new TypeError('an archive that was chosen is not in the cache');
  let newest = 0;
  const reader = new TarReader({
    entry: ({ type, mtime }) => {
      if (type === 'file') newest = Math.max(newest, mtime.seconds);
    },
    data: () => undefined,
    end: () => undefined,
  });
  for await (const chunk of unpacked(file.path, rootLimit(file.digest.size))) {
    signal.throwIfAborted();
    reader.write(chunk);
  }
  reader.finish();
  return newest;
}

async function readNote(note: string): Promise<number | undefined> {
  try {
    const text = await readFile(note, 'latin1');
    return /^\d{1,12}\n$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeNote(note: string, newest: number): Promise<void> {
  await mkdir(join(note, '..'), { recursive: true });
  // Images of one run may ask for the same archive at once.
  const partial = `${note}.${randomBytes(6).toString('hex')}`;
  await writeFile(partial, `${newest}\n`);
  await rename(partial, note);
}
