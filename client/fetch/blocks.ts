// Brings rootfs.tar.xz into the cache block by block: what this machine has already is copied, only the rest is fetched. A block
// counts once its digest is that of the signed table; the file is then judged as a whole as well.

import path from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { download, fetchPieces, type MissingPieces, type Transport } from '../../fetch/index.ts';
import { mostHeaderSize, type Segment, sizesInHeader, streamHead, streamTail } from '../../image/index.ts';
import { type FileDigest, sha256Of, verifyFile } from '../../keys/index.ts';
import { BlockState } from './block-state.ts';
import { cachedArchives, LocalBlocks } from './local-blocks.ts';
import { openPartial, type PartialArchive } from './partial-archive.ts';

/** An archive that the manifest has a table of. */
export interface BlocksRequest {
  readonly address: string;
  readonly digest: FileDigest;
  /** Its path in the cache. */
  readonly to: string;
  readonly segments: readonly Segment[];
  readonly transport: Transport;
  /** `<home>/cache/images`; exists. */
  readonly cacheDir: string;
  /** Archives of the user's that may have blocks. */
  readonly seeds: readonly string[];
  /** Nothing of the cache is used. */
  readonly flushCache: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told once, before any block: the file in which the blocks appear. */
  readonly onOpen: (file: string) => void;
  /** So many blocks, from the first one on, are there and right. */
  readonly onLead: (count: number) => void;
  /** Bytes fetched and still to be fetched; not told where nothing is. */
  readonly onProgress: (done: number, total: number) => void;
  readonly onNotice: (message: string) => void;
}

/** Where the bytes of the file came from. */
export interface Traffic {
  /** Over the network. */
  readonly fetched: number;
  /** From this machine. */
  readonly reused: number;
}

/**
 * Fills the file, whole and verified, under its name in the cache.
 * @throws CooperError as fetchPieces and download do; `bad-usage` for a seed that cannot be opened; `no-space`
 */
export async function fetchBlocks(request: BlocksRequest): Promise<Traffic> {
  const partial = await openPartial(request.cacheDir, request.digest, request.flushCache);
  const state = new BlockState(request.segments, request.onLead);
  let full = false;
  try {
    request.onOpen(partial.path);
    await takeWhatIsThere(partial, state);
    await takeFromHere(partial, state, request);
    const reused = state.bytes;
    if (reused > 0) request.onNotice(`of ${request.digest.size} bytes ${reused} are here already`);
    let fetched = await fetchMissing(partial, state, request);
    if (!(await complete(partial, request))) fetched += await fetchWhole(request);
    else await partial.place(request.to);
    return { fetched, reused };
  } catch (error) {
    full = isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT');
    throw explainSystemError(error, `downloading ${request.address}`);
  } finally {
    // A full disk gets back what the file took.
    await partial.leave(!full && state.bytes > 0);
  }
}

/** What an interrupted run has left. */
async function takeWhatIsThere(partial: PartialArchive, state: BlockState): Promise<void> {
  for (const { block } of state.segments) {
    const bytes = await partial.read(block.offset, block.size);
    if (bytes.length === block.size && sha256Of(bytes) === block.sha256) state.arrived(block);
  }
}

/** Other images of the cache, and the user's archives. */
async function takeFromHere(partial: PartialArchive, state: BlockState, request: BlocksRequest): Promise<void> {
  const here = new LocalBlocks();
  try {
    if (!request.flushCache) for (const file of await cachedArchives(request.cacheDir)) await addCached(here, file);
    for (const seed of request.seeds) await addSeed(here, seed, request.onNotice);
    for (const segment of state.segments) {
      request.signal?.throwIfAborted();
      if (!state.isMissing(segment.block.offset)) continue;
      const bytes = await here.find(segment);
      if (bytes === undefined) continue;
      await partial.write(bytes, segment.block.offset);
      state.arrived(segment.block);
    }
  } finally {
    await here.close();
  }
}

/** Another process may remove it meanwhile; one that is damaged has nothing to give. */
async function addCached(here: LocalBlocks, file: string): Promise<void> {
  try {
    await here.add(file);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'EACCES')) throw error;
  }
}

async function addSeed(here: LocalBlocks, seed: string, notice: (message: string) => void): Promise<void> {
  try {
    const useless = await here.add(path.resolve(seed));
    if (useless !== undefined) notice(`the seed ${seed} is of no use: ${useless}`);
  } catch (error) {
    throw new CooperError('bad-usage', {
      what: `the seed ${seed} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      next: 'Name a rootfs.tar.xz of an earlier build with --seed, or leave --seed out',
    });
  }
}

/** Gives the bytes that came. */
async function fetchMissing(partial: PartialArchive, state: BlockState, request: BlocksRequest): Promise<number> {
  const total = state.missing.reduce((sum, { size }) => sum + size, 0);
  const missing: MissingPieces = {
    list: () => state.missing,
    write: async (bytes, position) => {
      if (state.isMissing(position)) await partial.write(bytes, position);
    },
    arrived: (piece) => state.arrived(piece),
  };
  let fetched = 0;
  const { transport, signal, digest } = request;
  const onBytes = (count: number) => {
    fetched += count;
    request.onProgress(Math.min(fetched, total), total);
  };
  await fetchPieces(request.address, { transport, fileSize: digest.size, missing, signal, onBytes });
  return fetched;
}

/** Writes what stands around the blocks. False when the publisher's file has something else there. */
async function complete(partial: PartialArchive, { segments, digest, signal }: BlocksRequest): Promise<boolean> {
  const last = segments.at(-1);
  const end = last === undefined ? streamHead.length : last.block.offset + last.block.size;
  try {
    const headers = segments.map(({ block }) => partial.read(block.offset, Math.min(block.size, mostHeaderSize)));
    const sizes = (await Promise.all(headers)).map((header) => sizesInHeader(header, 'crc64'));
    await partial.write(streamHead, 0);
    await partial.write(streamTail(sizes), end);
    await partial.finish(digest.size);
    await verifyFile(partial.path, digest, signal);
    return true;
  } catch (error) {
    if (error instanceof CooperError && ['digest-mismatch', 'archive-corrupt'].includes(error.code)) return false;
    throw error;
  }
}

/** The blocks were right, so what is around them is another writer's: then the file is taken as it is. */
async function fetchWhole({ address, transport, to, digest, signal }: BlocksRequest): Promise<number> {
  await download(address, { transport, to, digest, signal });
  return digest.size;
}
