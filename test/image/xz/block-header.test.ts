import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlockHeader, parseBlockHeader, type XzFilter } from '../../../image/xz/block-header.ts';
import { encodeVli, sealed } from '../../../image/xz/fields.ts';
import { flipped } from './sample-files.ts';

const sizes = { unpaddedSize: 12 + 100 + 8, uncompressedSize: 500 };
const plain = { compressedSize: 100, uncompressedSize: 500, filter: 'plain', dictionarySize: 8 * 2 ** 20 } as const;

/** A header of these fields, padded and with its checksum. */
const header = (...fields: readonly number[]) => {
  const size = Math.ceil((fields.length + 1) / 4) * 4 + 4;
  return sealed([Buffer.from([size / 4 - 1, ...fields])]);
};

const parse = (bytes: Buffer, uncompressedSize = 500) =>
  parseBlockHeader(bytes, { unpaddedSize: bytes.length + 100 + 8, uncompressedSize }, 'crc64');

const code = (name: string) => expect.objectContaining({ code: name });

describe('the header of a block', () => {
  it('has the bytes of docs/SEGMENTS.md', () => {
    expect(encodeBlockHeader(plain).toString('hex')).toMatch(/^02c064f403210116.{8}$/);
    expect(encodeBlockHeader({ ...plain, filter: 'x86' }).toString('hex')).toMatch(/^03c164f40304002101160000.{8}$/);
  });

  it('says what was put into it', () => {
    const most = 2 ** 40;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: most }),
        fc.nat({ max: most }),
        fc.constantFrom<XzFilter>('plain', 'x86'),
        fc.nat({ max: 30 }),
        (compressedSize, uncompressedSize, filter, exponent) => {
          const dictionarySize = 2 ** Math.min(31, 12 + exponent) * (exponent & 1 && exponent < 20 ? 1.5 : 1);
          const bytes = encodeBlockHeader({ compressedSize, uncompressedSize, filter, dictionarySize });
          const record = { unpaddedSize: bytes.length + compressedSize + 8, uncompressedSize };
          expect(parseBlockHeader(bytes, record, 'crc64')).toEqual({
            headerSize: bytes.length,
            compressedSize,
            sized: true,
            filter,
            dictionarySize,
          });
        },
      ),
    );
  });

  it('has no dictionary that the format has no number for', () => {
    expect(() => encodeBlockHeader({ ...plain, dictionarySize: 5_000 })).toThrow(RangeError);
  });

  it('is read without sizes', () => {
    expect(parse(header(0x00, 0x21, 1, 0x16))).toMatchObject({ sized: false, filter: 'plain', compressedSize: 100 });
    expect(parse(header(0x01, 4, 0, 0x21, 1, 0x16))).toMatchObject({ sized: false, filter: 'x86' });
    expect(parse(header(0x01, 4, 4, 0, 0, 0, 0, 0x21, 1, 40))).toMatchObject({ dictionarySize: 2 ** 32 - 1 });
  });

  it('with any flipped bit is refused', () => {
    const bytes = encodeBlockHeader(plain);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const broken = flipped(bytes, bit >> 3, 1 << (bit & 7));
      expect(() => parseBlockHeader(broken, sizes, 'crc64')).toThrow(code('archive-corrupt'));
    }
  });

  it('cut short is refused', () => {
    const bytes = encodeBlockHeader(plain);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => parseBlockHeader(bytes.subarray(0, length), sizes, 'crc64')).toThrow(code('archive-corrupt'));
    }
  });

  it.each([
    ['a compressed size', { unpaddedSize: sizes.unpaddedSize + 1, uncompressedSize: 500 }],
    ['an uncompressed size', { unpaddedSize: sizes.unpaddedSize, uncompressedSize: 501 }],
    ['no room for any data', { unpaddedSize: 12 + 8, uncompressedSize: 0 }],
  ])('is refused when the index has %s that differs', (_, record) => {
    const bytes = encodeBlockHeader(plain);
    expect(() => parseBlockHeader(bytes, sizes, 'crc64')).not.toThrow();
    expect(() => parseBlockHeader(bytes, record, 'crc64')).toThrow(code('archive-corrupt'));
  });

  it('is read with the check of its stream', () => {
    const bytes = encodeBlockHeader(plain);
    const record = (check: number) => ({ unpaddedSize: 12 + 100 + check, uncompressedSize: 500 });
    expect(parseBlockHeader(bytes, record(0), 'none').compressedSize).toBe(100);
    expect(parseBlockHeader(bytes, record(4), 'crc32').compressedSize).toBe(100);
    expect(parseBlockHeader(bytes, record(32), 'sha256').compressedSize).toBe(100);
    expect(() => parseBlockHeader(bytes, record(8), 'sha256')).toThrow(code('archive-corrupt'));
  });

  it.each([
    ['a reserved flag', [0x04, 0x21, 1, 0x16]],
    ['the filter for ARM64', [0x01, 0x0a, 0, 0x21, 1, 0x16]],
    ['the delta filter', [0x01, 0x03, 1, 0, 0x21, 1, 0x16]],
    ['x86 twice', [0x02, 4, 0, 4, 0, 0x21, 1, 0x16]],
    ['x86 from another address', [0x01, 4, 4, 1, 0, 0, 0, 0x21, 1, 0x16]],
    ['x86 with other properties', [0x01, 4, 1, 0, 0x21, 1, 0x16]],
    ['x86 as its last filter', [0x01, 4, 0, 4, 0]],
    ['LZMA2 before the last', [0x01, 0x21, 1, 0x16, 0x21, 1, 0x16]],
    ['no filter that has a number', [0x00]],
    ['a filter of its own', [0x00, ...encodeVli(2n ** 62n), 0]],
    ['a dictionary above 4 GiB', [0x00, 0x21, 1, 41]],
    ['reserved bits in its dictionary', [0x00, 0x21, 1, 0x56]],
    ['more properties of LZMA2', [0x00, 0x21, 2, 0x16, 0]],
    ['something after its filters', [0x00, 0x21, 1, 0x16, 1]],
  ])('with %s is refused as something unknown', (_, fields) => {
    expect(() => parse(header(...fields))).toThrow(code('archive-unsupported'));
  });

  it.each([
    ['properties that end early', [0x00, 0x21, 100, 0x16]],
    ['properties of an absurd length', [0x00, 0x21, ...encodeVli(2 ** 52)]],
    ['a compressed size of zero', [0x40, 0, 0x21, 1, 0x16]],
    ['a size that is not in the shortest form', [0x80, 0x80, 0x00, 0x21, 1, 0x16]],
  ])('with %s is refused as damaged', (_, fields) => {
    expect(() => parse(header(...fields))).toThrow(code('archive-corrupt'));
  });
});
