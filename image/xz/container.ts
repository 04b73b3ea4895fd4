// A file that is one xz stream, as a whole ("The .xz File Format" 1.1.0, section 2): where each block of it stands, found from
// its end, and how blocks become such a file. Pure but for the reading and writing that the caller does. Refuses files of
// several streams and padding between them: those are read by a decoder from the front.

import { type BlockHeader, parseBlockHeader } from './block-header.ts';
import { type BlockSizes, checkSizes, encodeIndex, mostIndexSize, parseIndex } from './block-index.ts';
import { corrupt, excessive, padded } from './fields.ts';
import {
  encodeStreamFooter,
  encodeStreamHeader,
  frameSize,
  parseStreamFooter,
  parseStreamHeader,
  type XzCheck,
} from './stream-frame.ts';

/** Where a block of a file stands. In bytes. */
export interface BlockPlace extends BlockSizes {
  /** Of its header, from the start of the file. */
  readonly offset: number;
  /** With its padding: a multiple of four. */
  readonly size: number;
  /** Where its data starts in the data of the whole file. */
  readonly uncompressedOffset: number;
}

/** A file that is one stream. */
export interface XzLayout {
  readonly check: XzCheck;
  readonly blocks: readonly BlockPlace[];
  /** Data of all blocks, in bytes. */
  readonly uncompressedSize: number;
}

/** A block as it stands in a file whose check is CRC64: header, compressed data, padding, check. */
export interface EncodedBlock extends BlockSizes {
  readonly bytes: Buffer;
}

/** Gives that many bytes from there. */
export type ReadAt = (offset: number, length: number) => Buffer | Promise<Buffer>;

/**
 * Finds the blocks of a file of `size` bytes: header, footer and index are read and have to agree with one another and, to the
 * byte, with the size. The blocks themselves are not looked at. Reads at most `mostIndexSize` bytes at once. Throws
 * `archive-corrupt` (also for several streams), `archive-unsupported` for an unknown check, `archive-too-large` for an
 * index beyond the bounds of block-index.ts; and what `read` throws.
 */
export async function readLayout(read: ReadAt, size: number): Promise<XzLayout> {
  if (!Number.isSafeInteger(size) || size % 4 !== 0 || size < 2 * frameSize + 8)
    throw corrupt('no xz file has its size');
  const check = parseStreamHeader(await readExactly(read, 0, frameSize));
  const footer = parseStreamFooter(await readExactly(read, size - frameSize, frameSize));
  if (footer.check !== check) throw corrupt('its header and its footer disagree');
  if (footer.indexSize > size - 2 * frameSize) throw corrupt('its index is longer than the file');
  if (footer.indexSize > mostIndexSize) throw excessive(`an index of ${footer.indexSize} bytes`);
  const indexOffset = size - frameSize - footer.indexSize;
  const blocks = placeBlocks(parseIndex(await readExactly(read, indexOffset, footer.indexSize)), indexOffset);
  const last = blocks.at(-1);
  if ((last === undefined ? frameSize : last.offset + last.size) !== indexOffset) {
    throw corrupt('its index does not account for all of the file; perhaps there are several streams in it');
  }
  return { check, blocks, uncompressedSize: last === undefined ? 0 : last.uncompressedOffset + last.uncompressedSize };
}

/**
 * Writes one stream with CRC64: the blocks in the order in which they come, each as it is, then the index of them. `write`
 * is awaited, so that no more than one block is held. Gives the place of each. Errors of a block as
 * `checkBlock`; throws `archive-too-large` for more than `mostBlocks`, and what `write` and `blocks` throw.
 */
export async function assembleStream(
  blocks: Iterable<EncodedBlock> | AsyncIterable<EncodedBlock>,
  write: (bytes: Buffer) => unknown,
): Promise<BlockPlace[]> {
  await write(streamHead);
  const records: BlockSizes[] = [];
  for await (const { bytes, unpaddedSize, uncompressedSize } of blocks) {
    checkBlock(bytes, { unpaddedSize, uncompressedSize });
    await write(bytes);
    records.push({ unpaddedSize, uncompressedSize });
  }
  await write(streamTail(records));
  return placeBlocks(records, Number.MAX_SAFE_INTEGER);
}

/**
 * Compares the bytes of a whole block with its record, and reads its header. Throws `archive-corrupt` where they differ,
 * `archive-unsupported` for other filters than those of block-header.ts. Its data and its check are not looked at.
 */
export function checkBlock(bytes: Buffer, record: BlockSizes): BlockHeader {
  checkSizes(record);
  if (bytes.length !== padded(record.unpaddedSize)) throw corrupt('a block is not as long as it was said to be');
  return parseBlockHeader(bytes, record, 'crc64');
}

/** What stands before the first block of a stream that `assembleStream` writes. */
export const streamHead: Buffer = encodeStreamHeader('crc64');

/** What stands behind the last of these blocks. Throws `archive-too-large` for more than `mostBlocks`. */
export function streamTail(records: readonly BlockSizes[]): Buffer {
  const index = encodeIndex(records);
  return Buffer.concat([index, encodeStreamFooter('crc64', index.length)]);
}

/** A whole stream of one block, as `assembleStream` writes it, in the pieces that it is made of. */
export function streamOfBlock(bytes: Buffer, { unpaddedSize, uncompressedSize }: BlockSizes): Buffer[] {
  return [streamHead, bytes, streamTail([{ unpaddedSize, uncompressedSize }])];
}

/** One block after the other from the end of the header; none may reach beyond `end`, so that no sum grows out of bounds. */
function placeBlocks(records: readonly BlockSizes[], end: number): BlockPlace[] {
  let offset = frameSize;
  let uncompressedOffset = 0;
  return records.map(({ unpaddedSize, uncompressedSize }) => {
    const place = { offset, size: padded(unpaddedSize), unpaddedSize, uncompressedOffset, uncompressedSize };
    if (place.size > end - offset) throw corrupt('a block in its index reaches beyond the blocks of the file');
    offset += place.size;
    uncompressedOffset += uncompressedSize;
    return place;
  });
}

async function readExactly(read: ReadAt, offset: number, length: number): Promise<Buffer> {
  const bytes = await read(offset, length);
  if (bytes.length !== length) throw corrupt('the file is shorter than it was said to be');
  return bytes;
}
