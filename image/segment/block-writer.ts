// Turns a tar that arrives in order into an xz file of one block a segment. Blocks that the cache knows are not compressed
// again; others are, several at once. The file depends on the segments alone.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { digestOf, type FileDigest, type Sha256 } from '../../keys/digest.ts';
import type { XzFilter } from '../xz/block-header.ts';
import { assembleStream, type EncodedBlock } from '../xz/container.ts';
import { encodeBlock, encoderName } from '../xz.ts';
import type { BlockCache } from './block-cache.ts';
import { inOrder } from './in-order.ts';
import type { Segment } from './segment.ts';

/** A segment before it is compressed. */
export interface SegmentPlan extends Pick<Segment, 'name' | 'layer'> {
  /** Bytes of the tar. */
  readonly size: number;
  readonly filter: XzFilter;
}

/** How a file is written. */
export interface BlockWriting {
  /** A new file. */
  readonly target: string;
  readonly cache?: BlockCache;
  readonly signal?: AbortSignal;
  /** Bytes of the tar so far. */
  readonly onProgress: (bytes: number) => void;
}

/** What was written. */
export interface WrittenBlocks {
  readonly segments: readonly Segment[];
  /** Of the tar. */
  readonly tar: FileDigest;
  /** Segments whose blocks came out of the cache. */
  readonly reused: number;
}

/** A segment with its block, which has no place in the file yet. */
interface Encoded {
  readonly segment: Omit<Segment, 'block'> & { readonly block: FileDigest };
  readonly block: EncodedBlock;
  readonly reused: boolean;
}

// With the name of the encoder: changes when the same bytes and filter would give another block, so that a file never depends
// on what a cache has of another version.
const encodings: Readonly<Record<XzFilter, string>> = { plain: 'lzma2-6', x86: 'x86-lzma2-6' };

/** As many as there are processors, and one that waits for its turn. */
const most = availableParallelism() + 1;

/** Writes and syncs the file. Throws RangeError when the tar has not the size of its segments. */
export async function writeBlocks(
  tar: AsyncIterable<Buffer>,
  plan: Promise<readonly SegmentPlan[]>,
  { target, cache, signal, onProgress }: BlockWriting,
): Promise<WrittenBlocks> {
  const file = await open(target, 'wx', 0o644);
  try {
    const whole = createHash('sha256');
    const done: Omit<Encoded, 'block'>[] = [];
    let size = 0;
    const pieces = gather(tar, plan, (bytes) => {
      whole.update(bytes);
      size += bytes.length;
      onProgress(size);
    });
    const encoded = inOrder(pieces, { most, weigh: () => 1 }, (piece) => encode(piece, cache, signal));
    const blocks = taken(encoded, ({ block, ...rest }) => {
      done.push(rest);
      return block;
    });
    const places = await assembleStream(blocks, (bytes) => file.writeFile(bytes));
    await file.sync();
    const segments = places.flatMap(({ offset }, at) => {
      const segment = done[at]?.segment;
      return segment === undefined ? [] : [{ ...segment, block: { offset, ...segment.block } }];
    });
    const tarDigest = { size, sha256: whole.digest('hex') as Sha256 };
    return { segments, tar: tarDigest, reused: done.filter(({ reused }) => reused).length };
  } finally {
    await file.close();
  }
}

async function* taken<From, To>(items: AsyncIterable<From>, take: (item: From) => To): AsyncGenerator<To> {
  for await (const item of items) yield take(item);
}

async function encode(
  { segment: { name, layer, filter }, bytes }: Piece,
  cache: BlockCache | undefined,
  signal: AbortSignal | undefined,
): Promise<Encoded> {
  const digest = digestOf(bytes);
  const key = { sha256: digest.sha256, encoding: `${encodings[filter]}-${encoderName()}` };
  const known = cache?.get(key);
  const block =
    known === undefined ? await encodeBlock(bytes, { preset: 6, filter }, signal) : fromCache(known, digest.size);
  if (known === undefined) cache?.put(key, forCache(block));
  return { segment: { name, layer, ...digest, block: digestOf(block.bytes) }, block, reused: known !== undefined };
}

/** The block after one byte: how many of its own are padding. */
function forCache({ bytes, unpaddedSize }: EncodedBlock): Buffer {
  return Buffer.concat([Buffer.from([bytes.length - unpaddedSize]), bytes]);
}

function fromCache(content: Buffer, uncompressedSize: number): EncodedBlock {
  const bytes = content.subarray(1);
  return { bytes, unpaddedSize: bytes.length - (content[0] ?? 0), uncompressedSize };
}

interface Piece {
  readonly segment: SegmentPlan;
  readonly bytes: Buffer;
}

/** Cuts what arrives into the planned pieces. */
async function* gather(
  tar: AsyncIterable<Buffer>,
  plan: Promise<readonly SegmentPlan[]>,
  pass: (bytes: Buffer) => void,
): AsyncGenerator<Piece> {
  let waiting: SegmentPlan[] | undefined;
  let room = Buffer.alloc(0);
  let fill = 0;
  for await (const chunk of tar) {
    waiting ??= [...(await plan)];
    for (let at = 0; at < chunk.length; ) {
      const [segment] = waiting;
      if (segment === undefined) throw new RangeError('the tar is longer than its segments');
      if (fill === 0) room = Buffer.allocUnsafe(segment.size);
      const count = chunk.copy(room, fill, at);
      at += count;
      fill += count;
      if (fill < room.length) continue;
      pass(room);
      yield { segment, bytes: room };
      waiting.shift();
      fill = 0;
    }
  }
  if ((waiting ?? (await plan)).length > 0) throw new RangeError('the tar is shorter than its segments');
}
