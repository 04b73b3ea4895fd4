// The header of an xz block: its sizes and its filters ("The .xz File Format" 1.1.0, sections 3.1 and 5.3). Pure. It is
// written with both sizes, since threaded decoders need them, and read with or without them. Of filters only those of
// Cooper's own archives are known: LZMA2, and x86 before it.

import type { BlockSizes } from './block-index.ts';
import { corrupt, crcSize, encodeVli, FieldReader, padded, sealed, unsealed, unsupported } from './fields.ts';
import { checkSize, type XzCheck } from './stream-frame.ts';

/** LZMA2 alone, or behind the filter for x86 machine code, which BusyBox cannot undo. */
export type XzFilter = 'plain' | 'x86';

/** Bytes that a header has at most (section 3.1.1). */
export const mostHeaderSize = 1024;

/** What a header says. Sizes in bytes. */
export interface BlockHeader {
  readonly headerSize: number;
  /** Of LZMA2's data alone. */
  readonly compressedSize: number;
  /** Whether the header itself holds both sizes. */
  readonly sized: boolean;
  readonly filter: XzFilter;
  readonly dictionarySize: number;
}

const lzma2Id = 0x21;
const x86Id = 0x04;

// Section 5.3.1: powers of two and the values half-way between them.
const dictionarySizes = Array.from({ length: 41 }, (_, bits) =>
  bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11),
);

/** The fields of a header that is written. */
export interface BlockContent {
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly filter: XzFilter;
  /** One of the sizes that section 5.3.1 lists. */
  readonly dictionarySize: number;
}

/** The shortest header that says this. Throws a RangeError for a dictionary that the format does not have. */
export function encodeBlockHeader(content: BlockContent): Buffer {
  const bits = dictionarySizes.indexOf(content.dictionarySize);
  if (bits < 0) throw new RangeError(`no LZMA2 dictionary: ${content.dictionarySize}`);
  const filters = content.filter === 'x86' ? [x86Id, 0, lzma2Id, 1, bits] : [lzma2Id, 1, bits];
  const flags = (content.filter === 'x86' ? 1 : 0) | 0x40 | 0x80;
  const sizes = [encodeVli(content.compressedSize), encodeVli(content.uncompressedSize)];
  const fields = Buffer.concat([Buffer.from([flags]), ...sizes, Buffer.from(filters)]);
  const headerSize = padded(1 + fields.length) + crcSize;
  return sealed([Buffer.from([headerSize / 4 - 1]), fields]);
}

/**
 * Reads the header at the start of `bytes` (a block, or at least `mostHeaderSize` bytes of it) and compares it with its record in the index
 * of a stream with that check. Throws `archive-corrupt` for damage and for sizes that differ, `archive-unsupported` for
 * other filters and for reserved bits.
 */
export function parseBlockHeader(bytes: Buffer, record: BlockSizes, check: XzCheck): BlockHeader {
  const headerSize = ((bytes[0] ?? 0) + 1) * 4;
  const compressedSize = record.unpaddedSize - headerSize - checkSize(check);
  if (headerSize < 8 || headerSize > bytes.length || compressedSize < 1)
    throw corrupt('a block has no room for its header');
  const fields = new FieldReader(unsealed(bytes.subarray(0, headerSize), 'block header').subarray(1), 'block header');
  const flags = fields.byte();
  if ((flags & 0x3c) !== 0) throw unsupported('flags of a block that Cooper does not know');
  const sizes = [
    (flags & 0x40) === 0 || fields.vli() === BigInt(compressedSize),
    (flags & 0x80) === 0 || fields.vli() === BigInt(record.uncompressedSize),
  ];
  if (sizes.includes(false)) throw corrupt('the sizes in a block header are not those of the index');
  const filters = parseFilters(fields, (flags & 0x03) + 1);
  if (!fields.onlyZeros()) throw unsupported('fields in a block header that Cooper does not know');
  return { headerSize, compressedSize, sized: (flags & 0xc0) === 0xc0, ...filters };
}

/**
 * What the index has to say of a block (or at least `mostHeaderSize` bytes of its start) whose header holds both sizes. Throws
 * `archive-corrupt` for a header without them. Whether the sizes are right shows when the block is decoded.
 */
export function sizesInHeader(bytes: Buffer, check: XzCheck): BlockSizes {
  const headerSize = ((bytes[0] ?? 0) + 1) * 4;
  if (headerSize < 8 || headerSize > bytes.length) throw corrupt('a block has no room for its header');
  const fields = new FieldReader(unsealed(bytes.subarray(0, headerSize), 'block header').subarray(1), 'block header');
  if ((fields.byte() & 0xc0) !== 0xc0) throw corrupt('a block header without its sizes');
  const compressedSize = fields.size();
  return { unpaddedSize: headerSize + compressedSize + checkSize(check), uncompressedSize: fields.size() };
}

/** Sections 3.1.5 and 5.3. */
function parseFilters(fields: FieldReader, count: number): Pick<BlockHeader, 'filter' | 'dictionarySize'> {
  let filter: XzFilter = 'plain';
  for (let place = 1; place <= count; place += 1) {
    const id = fields.vli();
    const properties = Array.from({ length: Math.min(fields.size(), fields.left + 1) }, () => fields.byte());
    if (place === count && id === BigInt(lzma2Id)) return { filter, dictionarySize: dictionaryOf(properties) };
    // Section 5.3.2: nothing, or the address of the first byte in four.
    const fromZero = [0, 4].includes(properties.length) && properties.every((byte) => byte === 0);
    if (place !== 1 || id !== BigInt(x86Id) || !fromZero) {
      throw unsupported(`filter 0x${id.toString(16)} at place ${place} of ${count}`);
    }
    filter = 'x86';
  }
  throw unsupported('no LZMA2 as its last filter');
}

function dictionaryOf(properties: readonly number[]): number {
  const size = properties.length === 1 ? dictionarySizes[properties[0] ?? 0] : undefined;
  if (size === undefined) throw unsupported(`an LZMA2 dictionary of the unknown kind ${properties}`);
  return size;
}
