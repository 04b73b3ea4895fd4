// The plain text of a package list: unpacked once, then kept in the cache beside what was fetched, under the digest that the
// same signed Release file names for it. Refuses what does not unpack to exactly that.

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CooperError, explainSystemError } from '../../../errors/index.ts';
import { partialSuffix } from '../../../fetch/index.ts';
import { decompressXz } from '../../../image/index.ts';
import { digestOf } from '../../../keys/index.ts';
import type { ContentCache } from '../cache.ts';
import type { ListedFile } from './release.ts';

/** Bytes of an unpacked package list whose release does not say how large it is. */
const listLimit = 512 * 1024 * 1024;

/**
 * The bytes of a list; `fetchPacked` gives the path of the file as it was listed, when it is needed.
 * @throws CooperError `package-list-malformed`, and what `fetchPacked` throws
 */
export async function plainList(
  file: ListedFile,
  cache: ContentCache,
  fetchPacked: () => Promise<string>,
): Promise<Buffer> {
  const { plain } = file;
  // A list that is offered unpacked is its own plain text.
  if (plain === undefined || plain.sha256 === file.digest.sha256)
    return unpack(await readFile(await fetchPacked()), file);
  let bytes: Buffer | undefined;
  const path = await cache.obtain(plain, async (to) => {
    bytes = await unpack(await readFile(await fetchPacked()), file);
    if (digestOf(bytes).sha256 !== plain.sha256) {
      throw new CooperError('package-list-malformed', { what: `${file.path} does not unpack to what was signed` });
    }
    await place(to, bytes);
  });
  return bytes ?? readFile(path);
}

async function place(to: string, bytes: Buffer): Promise<void> {
  const partial = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString('hex')}${partialSuffix}`);
  try {
    await writeFile(partial, bytes, { mode: 0o644 });
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true });
    throw explainSystemError(error, 'keeping a package list');
  }
}

async function unpack(packed: Buffer, { path, plain }: ListedFile): Promise<Buffer> {
  const limit = plain?.size ?? listLimit;
  try {
    if (path.endsWith('.xz')) return await decompressXz(packed, limit);
    return path.endsWith('.gz') ? gunzipSync(packed, { maxOutputLength: Math.max(1, limit) }) : packed;
  } catch (error) {
    throw new CooperError('package-list-malformed', { what: `${path} cannot be unpacked`, cause: error });
  }
}
