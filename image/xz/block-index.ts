// The index of an xz stream: how many bytes each block takes and gives ("The .xz File Format" 1.1.0, section 4). Pure. What is
// read is bounded before anything is made of it: a few bytes can claim any number of blocks of any size.

import { corrupt, crcSize, encodeVli, excessive, FieldReader, padded, sealed, unsealed, vliSize } from './fields.ts';

/** A record of the index (section 4.3), in bytes. */
export interface BlockSizes {
  /** Header, compressed data and check, without the padding that makes a multiple of four of it. */
  readonly unpaddedSize: number;
  readonly uncompressedSize: number;
}

/** Blocks that a stream may have. With blocks of half a MiB that is a file of 32 GiB. */
export const mostBlocks = 65_536;

/** Bytes that the index of so many blocks may take. */
export const mostIndexSize = padded(4 + mostBlocks * 18) + 4;

// Section 4.3.1: size, flags and checksum of a header take more, but this is the limit that the format sets.
const leastUnpadded = 5;

/**
 * Data that a compressed byte may stand for. LZMA's best is about 7,090: 273 bytes for 14 bits that cost 0.022 bits each. What
 * claims more is no xz, and is told so before memory is taken for it.
 */
const mostExpansion = 16_384;

/** The index of these blocks. Throws `archive-too-large` for more than `mostBlocks`. */
export function encodeIndex(records: readonly BlockSizes[]): Buffer {
  if (records.length > mostBlocks) throw excessive(`more than ${mostBlocks} blocks`);
  const sizes = records.flatMap(({ unpaddedSize, uncompressedSize }) => [
    encodeVli(unpaddedSize),
    encodeVli(uncompressedSize),
  ]);
  return sealed([Buffer.from([0]), encodeVli(records.length), ...sizes]);
}

/** Bytes of the index of these blocks. */
export function indexSizeOf(records: readonly BlockSizes[]): number {
  let size = 1 + vliSize(records.length);
  for (const { unpaddedSize, uncompressedSize } of records) size += vliSize(unpaddedSize) + vliSize(uncompressedSize);
  return padded(size) + crcSize;
}

/**
 * The records of a whole index. Throws `archive-corrupt` for damage and impossible sizes, `archive-too-large` for more than
 * `mostBlocks` and for sizes above 2^53 − 1, each and in all.
 */
export function parseIndex(bytes: Buffer): BlockSizes[] {
  const content = unsealed(bytes, 'index');
  const fields = new FieldReader(content, 'index');
  if (bytes.length % 4 !== 0 || fields.byte() !== 0) throw corrupt('there is no index before its footer');
  const count = fields.vli();
  if (count > mostBlocks) throw excessive(`${count} blocks, where ${mostBlocks} are allowed`);
  const records: BlockSizes[] = [];
  for (let total = 0; records.length < count; ) {
    const record = { unpaddedSize: fields.size(), uncompressedSize: fields.size() };
    checkSizes(record);
    total += record.uncompressedSize;
    if (!Number.isSafeInteger(total)) throw excessive(`${total} bytes of data`);
    records.push(record);
  }
  if (fields.left > 3) throw corrupt('its index is longer than its blocks need');
  if (!fields.onlyZeros()) throw corrupt('the padding of its index is not empty');
  return records;
}

/** Throws `archive-corrupt` when no block can have these sizes, or they are no sizes. */
export function checkSizes(sizes: BlockSizes): void {
  const { unpaddedSize, uncompressedSize } = sizes;
  if (!isPossible(sizes)) throw corrupt(`no block of ${unpaddedSize} bytes holds ${uncompressedSize} bytes of data`);
}

/** Whether a block can have these sizes. */
export function isPossible({ unpaddedSize, uncompressedSize }: BlockSizes): boolean {
  return (
    Number.isSafeInteger(unpaddedSize) &&
    Number.isSafeInteger(uncompressedSize) &&
    unpaddedSize >= leastUnpadded &&
    uncompressedSize >= 0 &&
    uncompressedSize <= unpaddedSize * mostExpansion
  );
}
