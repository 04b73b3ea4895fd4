// Brings an archive into a folder block by block: what this machine has already is copied, only the rest is fetched. A block
// counts once its digest is that of the signed table; the file is then judged as a whole as well.

import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { download, fetchPieces, type MissingPieces, type Transport } from '../../fetch/index.ts';
import { encodings, mostHeaderSize, type SegmentedArchive } from '../../image/index.ts';
import { sha256Of, verifyFile } from '../../keys/index.ts';
import { fromFirstAddress } from '../verify/servers.ts';
import { BlockState } from './block-state.ts';
import type { LocalBlocks } from './local-blocks.ts';
import { openPartial, type PartialArchive } from './partial-archive.ts';
import type { ServerWitness } from './server-speeds.ts';

/** An archive that the manifest has a table of. */
export interface BlocksRequest extends Omit<SegmentedArchive, 'file'> {
  /** Where it is: the others are for what the first ones cannot deliver. */
  readonly addresses: readonly string[];
  /** Its path; the folder exists. */
  readonly to: string;
  readonly transport: Transport;
  /** Archives that may have blocks. */
  readonly here: LocalBlocks;
  /** What an interrupted run has left is not used. */
  readonly flushCache: boolean;
  readonly served?: ServerWitness['served'] | undefined;
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
 * Makes the file appear, whole and verified, under its name.
 * @throws CooperError as fetchPieces and download do; `no-space`
 */
export async function fetchBlocks(request: BlocksRequest): Promise<Traffic> {
  const partial = await openPartial(request.to, request.flushCache);
  const state = new BlockState(request.segments, request.onLead);
  let useless = false;
  try {
    request.onOpen(partial.path);
    await takeWhatIsThere(partial, state);
    await takeFromHere(partial, state, request);
    const reused = state.bytes;
    if (reused > 0) request.onNotice(`of ${request.digest.size} bytes ${reused} are here already`);
    const fetched = await fetchMissing(partial, state, request);
    if (await complete(partial, request)) {
      await partial.place();
      return { fetched, reused };
    }
    useless = true;
    return { fetched: fetched + (await fetchWhole(request)), reused };
  } catch (error) {
    useless ||= isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT');
    throw explainSystemError(error, `downloading ${request.to}`);
  } finally {
    // A full disk gets back what the file took; what is written differently cannot be made of blocks.
    await partial.leave(!useless && state.bytes > 0);
  }
}

/** What an interrupted run has left. */
async function takeWhatIsThere(partial: PartialArchive, state: BlockState): Promise<void> {
  if (await partial.isEmpty()) return;
  for (const { block } of state.segments) {
    const bytes = await partial.read(block.offset, block.size);
    if (bytes.length === block.size && sha256Of(bytes) === block.sha256) state.arrived(block);
  }
}

/** Other images of the cache, and the user's archives. */
async function takeFromHere(
  partial: PartialArchive,
  state: BlockState,
  { here, signal }: BlocksRequest,
): Promise<void> {
  for (const segment of state.segments) {
    signal?.throwIfAborted();
    if (!state.isMissing(segment.block.offset)) continue;
    const bytes = await here.find(segment);
    if (bytes === undefined) continue;
    await partial.write(bytes, segment.block.offset);
    state.arrived(segment.block);
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
  // Blocks that came from one server stay, whatever becomes of the rest.
  const fetchFrom = async (address: string) => {
    const [before, begun] = [fetched, performance.now()];
    await fetchPieces(address, { transport, fileSize: digest.size, missing, signal, onBytes });
    request.served?.(address, fetched - before, performance.now() - begun);
  };
  await fromFirstAddress(request.addresses, fetchFrom, request.onNotice);
  return fetched;
}

/** Writes what stands around the blocks. False when the publisher's file has something else there. */
async function complete(partial: PartialArchive, request: BlocksRequest): Promise<boolean> {
  const { segments, digest, signal } = request;
  const { head, tail } = encodings[request.encoding];
  const last = segments.at(-1);
  const end = last === undefined ? head.length : last.block.offset + last.block.size;
  try {
    const blocks = segments.map(async ({ size: uncompressedSize, block: { offset, size } }) => {
      return { size, uncompressedSize, head: await partial.read(offset, Math.min(size, mostHeaderSize)) };
    });
    await partial.write(head, 0);
    await partial.write(tail(await Promise.all(blocks)), end);
    await partial.finish(digest.size);
    await verifyFile(partial.path, digest, signal);
    return true;
  } catch (error) {
    if (error instanceof CooperError && ['digest-mismatch', 'archive-corrupt'].includes(error.code)) return false;
    throw error;
  }
}

/** The blocks were right, so what is around them is another writer's: then the file is taken as it is. */
async function fetchWhole({ addresses, transport, to, digest, signal, onNotice }: BlocksRequest): Promise<number> {
  await fromFirstAddress(addresses, (address) => download(address, { transport, to, digest, signal }), onNotice);
  return digest.size;
}
