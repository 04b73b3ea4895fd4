// Which file was fetched last from an address, so that it need not be fetched again when it is still the right one. Vouches for nothing.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../../errors/index.ts';
import type { FileDigest } from '../../../keys/index.ts';
import type { CachedFile, ContentCache } from '../cache.ts';
import { noteFolderOf } from '../fetched.ts';

/** The file, when the cache still has it. */
export async function lastFetched(cacheDir: string, url: string, cache: ContentCache): Promise<CachedFile | undefined> {
  try {
    return await cache.find((await readFile(noteOf(cacheDir, url), 'latin1')).trim());
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Notes what has just been fetched. */
export async function noteFetched(cacheDir: string, url: string, { sha256 }: FileDigest): Promise<void> {
  const note = noteOf(cacheDir, url);
  await mkdir(noteFolderOf(cacheDir), { recursive: true });
  const partial = `${note}.${process.pid}`;
  await writeFile(partial, `${sha256}\n`);
  await rename(partial, note);
}

function noteOf(cacheDir: string, url: string): string {
  return join(noteFolderOf(cacheDir), createHash('sha256').update(url).digest('hex'));
}
