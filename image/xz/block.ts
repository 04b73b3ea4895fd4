// One block of an xz file at a time, in memory, by whatever engine: compressed so that its bytes depend on its data and the
// options alone, and decompressed only when everything about it is right. Several run at once, off the main thread.

import { encodeBlockHeader, type XzFilter } from './block-header.ts';
import type { BlockSizes } from './block-index.ts';
import type { ByteCoder } from './coder-stream.ts';
import { checkBlock, type EncodedBlock, readLayout, streamOfBlock } from './container.ts';
import { type BlockOptions, type TakeRoom, tooLarge, type XzEngine } from './engine.ts';
import { corrupt, excessive, padded } from './fields.ts';
import { checkSize } from './stream-frame.ts';

/** Bytes of data that a block may have, since it is held in memory. */
export const mostBlockData = 2 ** 30;

// A block without data, which liblzma's encoders leave out: LZMA2's end marker, the CRC64 of nothing, and the dictionary that
// the other blocks have.
const nothing = { payload: Buffer.from([0]), check: Buffer.alloc(checkSize('crc64')), dictionarySize: 8 * 1024 * 1024 };

/**
 * Compresses `data` into one block with both sizes in its header, as streams with CRC64 have it. The same bytes from every
 * engine. It takes `blockEncoderMemory` (engine.ts) and one of libuv's threads, of which there are four for everything; `data`
 * must not change meanwhile. Throws `archive-too-large` beyond `mostBlockData`, and the reason of `signal`, which is looked at
 * with every part of the result.
 */
export async function encodeBlock(
  engine: XzEngine,
  data: Buffer,
  options: BlockOptions,
  signal?: AbortSignal,
): Promise<EncodedBlock> {
  if (data.length > mostBlockData) throw tooLarge(mostBlockData);
  if (data.length === 0) return frame({ ...nothing, uncompressedSize: 0, filter: options.filter });
  const parts: Buffer[] = [];
  await run(engine.openBlockEncoder(options), [data], (part) => parts.push(part), signal);
  return reframe(Buffer.concat(parts), data.length);
}

/** How a block is decoded. */
export interface BlockDecoding {
  /** The data may be in memory that it gives. */
  readonly take?: TakeRoom | undefined;
  readonly signal?: AbortSignal;
}

/**
 * The data of a whole block (header to check, as it stands in a stream with CRC64). Throws `archive-corrupt` unless its length,
 * its header, its check and what it unpacks to are what `expected` says; `archive-too-large` beyond `mostBlockData` of data or
 * `memoryLimit` of memory (engine.ts); `archive-unsupported` for other filters than LZMA2 and x86; and the reason of `signal`.
 */
export async function decodeBlock(
  engine: XzEngine,
  block: Buffer,
  expected: BlockSizes,
  { take, signal }: BlockDecoding = {},
): Promise<Buffer> {
  checkBlock(block, expected);
  const { uncompressedSize } = expected;
  if (uncompressedSize > mostBlockData) throw excessive(`a block with ${uncompressedSize} bytes of data`);
  const parts: Buffer[] = [];
  const stream = streamOfBlock(block, expected);
  await run(engine.openWholeDecoder(uncompressedSize, take), stream, (part) => parts.push(part), signal);
  const [whole = Buffer.alloc(0), ...more] = parts;
  const data = more.length === 0 ? whole : Buffer.concat(parts);
  if (data.length === uncompressedSize) return data;
  throw corrupt(`a block has ${data.length} bytes of data instead of ${uncompressedSize}`);
}

/** What a block is made of. */
interface BlockParts {
  readonly payload: Buffer;
  readonly check: Buffer;
  readonly uncompressedSize: number;
  readonly filter: XzFilter;
  readonly dictionarySize: number;
}

function frame({ payload, check, ...content }: BlockParts): EncodedBlock {
  const header = encodeBlockHeader({ ...content, compressedSize: payload.length });
  const padding = Buffer.alloc(padded(payload.length) - payload.length);
  const unpaddedSize = header.length + payload.length + check.length;
  const bytes = Buffer.concat([header, payload, padding, check]);
  return { bytes, unpaddedSize, uncompressedSize: content.uncompressedSize };
}

/** The only block of an engine's stream with a header of our own: encoders that write as they go cannot know the sizes. */
async function reframe(stream: Buffer, uncompressedSize: number): Promise<EncodedBlock> {
  const { blocks, check } = await readLayout((at, length) => stream.subarray(at, at + length), stream.length);
  const [place, more] = blocks;
  if (place?.uncompressedSize !== uncompressedSize || more !== undefined || check !== 'crc64') {
    throw corrupt('the encoder wrote something else than one block');
  }
  const block = stream.subarray(place.offset, place.offset + place.size);
  const { headerSize, compressedSize, filter, dictionarySize } = checkBlock(block, place);
  return frame({
    payload: block.subarray(headerSize, headerSize + compressedSize),
    check: block.subarray(-checkSize(check)),
    uncompressedSize,
    filter,
    dictionarySize,
  });
}

async function run(
  coder: ByteCoder,
  pieces: readonly Buffer[],
  take: (part: Buffer) => unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    signal?.throwIfAborted();
    for (const piece of pieces) {
      for await (const part of coder.feed(piece)) {
        take(part);
        signal?.throwIfAborted();
      }
    }
    for await (const part of coder.end()) {
      take(part);
      signal?.throwIfAborted();
    }
  } finally {
    await coder.close();
  }
}
