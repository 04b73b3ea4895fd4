import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSizes, encodeIndex, mostBlocks, mostIndexSize, parseIndex } from '../../../image/xz/block-index.ts';
import { encodeVli, sealed } from '../../../image/xz/fields.ts';

const index = (count: number | bigint, ...records: readonly (number | bigint)[]) =>
  sealed([Buffer.from([0]), encodeVli(count), ...records.map(encodeVli)]);

const code = (name: string) => expect.objectContaining({ code: name });

describe('the index', () => {
  it('comes back as it was', () => {
    const record = fc
      .tuple(fc.integer({ min: 5, max: 2 ** 40 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([unpaddedSize, share]) => ({
        unpaddedSize,
        uncompressedSize: Math.floor(Math.min(unpaddedSize * 16_384, 2 ** 48) * share),
      }));
    fc.assert(
      fc.property(fc.array(record, { maxLength: 20 }), (records) => {
        expect(parseIndex(encodeIndex(records))).toEqual(records);
      }),
    );
  });

  it('of no blocks has eight bytes', () => {
    expect(encodeIndex([]).toString('hex')).toBe('000000001cdf4421');
    expect(parseIndex(encodeIndex([]))).toEqual([]);
  });

  it('has a limit to its blocks, in reading and in writing', () => {
    const records = (count: number) => Array(count).fill({ unpaddedSize: 2 ** 52, uncompressedSize: 0 });
    expect(encodeIndex(records(mostBlocks)).length).toBeLessThanOrEqual(mostIndexSize);
    expect(parseIndex(encodeIndex(records(mostBlocks)))).toHaveLength(mostBlocks);
    expect(() => encodeIndex(records(mostBlocks + 1))).toThrow(code('archive-too-large'));
    expect(() => parseIndex(index(mostBlocks + 1, 9, 9))).toThrow(code('archive-too-large'));
    expect(() => parseIndex(index(2n ** 63n - 1n, 9, 9))).toThrow(code('archive-too-large'));
  });

  it.each([
    ['more blocks than it has room for', index(3, 9, 9, 9, 9)],
    ['fewer blocks than it has', index(1, 9, 9, 9, 9, 9, 9)],
    ['a block of four bytes', index(1, 4, 0)],
    ['a block of no bytes', index(1, 0, 0)],
    ['a block that holds more than can be', index(1, 100, 100 * 16_384 + 1)],
    ['padding that is not empty', sealed([Buffer.from([0, 0, 1, 0])])],
    ['more padding than needed', sealed([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])])],
    ['another indicator', sealed([Buffer.from([1, 0])])],
    ['a length that is no multiple of four', sealed([Buffer.from([0, 0])]).subarray(1)],
    ['no bytes', Buffer.alloc(0)],
  ])('that has %s is refused', (_, bytes) => {
    expect(() => parseIndex(bytes)).toThrow(code('archive-corrupt'));
  });

  it('that claims sizes beyond what can be counted is refused', () => {
    expect(() => parseIndex(index(1, 2n ** 63n - 1n, 0))).toThrow(code('archive-too-large'));
    expect(() => parseIndex(index(1, 9, 2n ** 62n))).toThrow(code('archive-too-large'));
    const half = 2 ** 52;
    expect(() => parseIndex(index(2, half, half, half, half))).toThrow(code('archive-too-large'));
  });
});

it.each([
  [{ unpaddedSize: Number.NaN, uncompressedSize: 0 }],
  [{ unpaddedSize: 100, uncompressedSize: -1 }],
  [{ unpaddedSize: 100.5, uncompressedSize: 0 }],
  [{ unpaddedSize: Number.POSITIVE_INFINITY, uncompressedSize: 5 }],
])('%j are no sizes of a block', (sizes) => {
  expect(() => checkSizes(sizes)).toThrow(code('archive-corrupt'));
});
