// What a build has to know of an archive of somebody else before it is unpacked: when its newest file was changed, which a build takes for
// its own time, and how much room it takes. Reading it all takes as long as unpacking, so it is noted by the digest of the archive.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import type { TarEntry } from '../../../image/tar/entry.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import type { FileDigest } from '../../../keys/index.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { openContentCache } from '../cache.ts';
import { noteFolderOf, packageCacheOf } from '../fetched.ts';
import type { SourceContext } from '../kind.ts';
import { unpacked } from '../unpacked.ts';
import type { SeedPart } from '../wanted.ts';
import { rootLimit } from './root-limit.ts';

interface ArchiveContent {
  /** Seconds since 1970. */
  readonly newest: number;
  /** That a file system needs for it. */
  readonly bytes: number;
}

/**
 * Seconds since 1970; a time in the future is not believed.
 * @throws CooperError `archive-corrupt`, `archive-unsupported`, `archive-too-large`
 */
export async function newestTime({ digest }: Pick<SeedPart, 'digest'>, context: SourceContext): Promise<number> {
  const { newest } = await contentOf(digest, context);
  return Math.min(newest, Math.floor(context.now.getTime() / 1000));
}

/**
 * Bytes that archives and packages of the layers take once they are unpacked, by their digests. They have to be in the cache. One that cannot be
 * read to its end counts as much as it may become: whoever unpacks it says what is wrong with it.
 */
export async function measureLayers(
  layers: readonly LayerPlan[],
  context: SourceContext,
): Promise<ReadonlyMap<string, number>> {
  const measured = new Map<string, number>();
  const seeds = layers.flatMap(({ seed }) => seed.filter(({ keptAs }) => keptAs === undefined));
  for (const { digest } of [...seeds, ...layers.flatMap(({ added }) => added)]) {
    if (!measured.has(digest.sha256)) measured.set(digest.sha256, await bytesOf(digest, context));
  }
  return measured;
}

async function bytesOf(digest: FileDigest, context: SourceContext): Promise<number> {
  try {
    return (await contentOf(digest, context)).bytes;
  } catch (error) {
    // What ends a run is such an error too.
    context.signal.throwIfAborted();
    if (error instanceof CooperError) return rootLimit(digest.size);
    throw error;
  }
}

async function contentOf(digest: FileDigest, context: SourceContext): Promise<ArchiveContent> {
  const note = join(noteFolderOf(context.cacheDir), `${digest.sha256}.content`);
  const noted = await readNote(note);
  if (noted !== undefined) return noted;
  const content = await read(digest.sha256, context);
  await writeNote(note, content);
  return content;
}

async function read(sha256: string, { cacheDir, signal }: SourceContext): Promise<ArchiveContent> {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  const file = await cache.find(sha256);
  if (file === undefined) throw new TypeError('an archive that was chosen is not in the cache');
  let newest = 0;
  const room = new Room();
  const reader = new TarReader({
    entry: (entry) => {
      if (entry.type === 'file') newest = Math.max(newest, entry.mtime.seconds);
      room.add(entry);
    },
    data: () => undefined,
    end: () => undefined,
  });
  for await (const chunk of unpacked(file.path, rootLimit(file.digest.size))) {
    signal.throwIfAborted();
    reader.write(chunk);
  }
  reader.finish();
  return { newest, bytes: room.bytes };
}

const page = 4096;
const perEntry = { least: 1024, node: 8192 };

/** The room that entries take in memory: whole pages, and what the kernel keeps of each; of a tmpfs as many nodes as it gives to so many bytes. */
class Room {
  #pages = 0;
  #entries = 0;

  add({ type, size }: TarEntry): void {
    if (type !== 'hardlink') this.#entries += 1;
    this.#pages += Math.ceil(size / page);
  }

  get bytes(): number {
    return Math.max(this.#pages * page + this.#entries * perEntry.least, this.#entries * perEntry.node);
  }
}

async function readNote(note: string): Promise<ArchiveContent | undefined> {
  try {
    const [, newest, bytes] = /^(\d{1,12}) (\d{1,15})\n$/.exec(await readFile(note, 'latin1')) ?? [];
    return bytes === undefined ? undefined : { newest: Number(newest), bytes: Number(bytes) };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeNote(note: string, { newest, bytes }: ArchiveContent): Promise<void> {
  await mkdir(join(note, '..'), { recursive: true });
  // Images of one run may ask for the same archive at once.
  const partial = `${note}.${randomBytes(6).toString('hex')}`;
  await writeFile(partial, `${newest} ${bytes}\n`);
  await rename(partial, note);
}
