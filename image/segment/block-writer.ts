// Turns a tar that arrives in order into an xz file of one block a segment, and where that is wanted into a zstd file of one
// frame a segment as well. Several segments are compressed at once. The files depend on the segments alone.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { createSlots } from '../../events/index.ts';
import { digestOf, type FileDigest, type Sha256 } from '../../keys/digest.ts';
import type { XzFilter } from '../xz/block-header.ts';
import { assembleStream, type EncodedBlock } from '../xz/container.ts';
import { type BlockEncoding, type EncodedSegment, encodeSegment } from './block-encoder.ts';
import { FrameFile } from './frame-file.ts';
import { inOrder } from './in-order.ts';
import type { Segment } from './segment.ts';

/** A segment before it is compressed. */
export interface SegmentPlan extends Pick<Segment, 'name' | 'layer'> {
  /** Bytes of the tar. */
  readonly size: number;
  readonly filter: XzFilter;
}

/** How the files are written. */
export interface BlockWriting extends Omit<BlockEncoding, 'zstd' | 'slots'> {
  /** A new xz file. */
  readonly target: string;
  /** A new zstd file, and the level. */
  readonly zst?: { readonly target: string; readonly level: number } | undefined;
  /** Bytes of the tar that are compressed so far. */
  readonly onProgress: (bytes: number) => void;
}

/** What was written. */
export interface WrittenBlocks {
  readonly segments: readonly Segment[];
  /** Of the tar. */
  readonly tar: FileDigest;
  /** Segments of which nothing had to be compressed. */
  readonly reused: number;
}

/** A segment that is in the zstd file, and has no place in the xz file yet. */
interface Encoded extends EncodedSegment {
  readonly plan: SegmentPlan;
}

/** Segments that are compressed, that wait for it, and that wait for a large one before them: bytes of the tar. */
const mostAhead = 128 * 2 ** 20;

/** Writes and syncs the files. Throws RangeError when the tar has not the size of its segments. */
export async function writeBlocks(
  tar: AsyncIterable<Buffer>,
  plan: Promise<readonly SegmentPlan[]>,
  writing: BlockWriting,
): Promise<WrittenBlocks> {
  const file = await open(writing.target, 'wx', 0o644);
  let frames: FrameFile | undefined;
  try {
    if (writing.zst !== undefined) frames = await FrameFile.create(writing.zst.target);
    const whole = createHash('sha256');
    let size = 0;
    const pieces = gather(tar, plan, (bytes) => {
      whole.update(bytes);
      size += bytes.length;
    });
    let compressed = 0;
    const encoding = { ...writing, zstd: writing.zst?.level, slots: createSlots(availableParallelism()) };
    const encoded = inOrder(pieces, { most: mostAhead, weigh }, async ({ segment, bytes }): Promise<Encoded> => {
      const result = await encodeSegment(bytes, segment.filter, encoding);
      compressed += bytes.length;
      writing.onProgress(compressed);
      return { plan: segment, ...result };
    });
    const done: Written[] = [];
    const places = await assembleStream(blocksOf(encoded, frames, done), (bytes) => file.writeFile(bytes));
    await file.sync();
    await frames?.finish();
    return {
      segments: places.flatMap(({ offset }, at) => segmentOf(done[at], offset)),
      tar: { size, sha256: whole.digest('hex') as Sha256 },
      reused: done.filter(({ reused }) => reused).length,
    };
  } finally {
    await file.close();
    await frames?.close();
  }
}

const weigh = ({ bytes }: Piece) => bytes.length;

/** What is known of a segment whose frame was written. */
interface Written extends Pick<Segment, 'frame'>, Pick<Encoded, 'plan' | 'digest' | 'reused'> {
  readonly block: FileDigest;
}

/** Writes the frames on the way. */
async function* blocksOf(
  encoded: AsyncIterable<Encoded>,
  frames: FrameFile | undefined,
  done: Written[],
): AsyncGenerator<EncodedBlock> {
  for await (const { plan, digest, block, frame, reused } of encoded) {
    const written = { plan, digest, reused, block: digestOf(block.bytes) };
    if (frame === undefined || frames === undefined) done.push(written);
    else done.push({ ...written, frame: { offset: await frames.add(frame, digest.size), ...digestOf(frame) } });
    yield block;
  }
}

function segmentOf(written: Written | undefined, offset: number): Segment[] {
  if (written === undefined) return [];
  const { plan, digest, block, frame } = written;
  const segment = { name: plan.name, layer: plan.layer, ...digest, block: { offset, ...block } };
  return [frame === undefined ? segment : { ...segment, frame }];
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
