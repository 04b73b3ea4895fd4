import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeVli, FieldReader, padded, sealed, unsealed, vliSize } from '../../../image/xz/fields.ts';

const reader = (...bytes: readonly number[]) => new FieldReader(Buffer.from(bytes), 'test');
const corrupt = expect.objectContaining({ code: 'archive-corrupt' });

describe('multibyte integers', () => {
  it.each<[number | bigint, string]>([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
    [2n ** 63n - 1n, 'ffffffffffffffff7f'],
  ])('%s is written as section 1.2 says', (value, hex) => {
    expect(encodeVli(value).toString('hex')).toBe(hex);
  });

  it('come back as they were, up to 63 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (value) => {
        const fields = new FieldReader(encodeVli(value), 'test');
        expect(fields.vli()).toBe(value);
        expect(fields.left).toBe(0);
      }),
    );
  });

  it('take as many bytes as is told before they are written', () => {
    const value = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(127, 128, 2 ** 53 - 1, 2 ** 49, 2 ** 49 - 1));
    fc.assert(fc.property(value, (size) => vliSize(size) === encodeVli(size).length));
  });

  it.each([-1, 2n ** 63n, 0.5])('%s is none', (value) => {
    expect(() => encodeVli(value)).toThrow(RangeError);
  });

  it.each([
    ['that end early', [0x80]],
    ['that are not in the shortest form', [0x80, 0x00]],
    ['of more than nine bytes', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['of no bytes', []],
  ])('%s are refused', (_, bytes) => {
    expect(() => reader(...bytes).vli()).toThrow(corrupt);
  });

  it('that are sizes are refused where a number would not be exact', () => {
    expect(new FieldReader(encodeVli(2 ** 53 - 1), 'test').size()).toBe(2 ** 53 - 1);
    expect(() => new FieldReader(encodeVli(2n ** 53n), 'test').size()).toThrow(
      expect.objectContaining({ code: 'archive-too-large' }),
    );
  });
});

describe('sealed bytes', () => {
  it('have zeros up to a multiple of four, and a checksum', () => {
    expect(sealed([Buffer.from('ab'), Buffer.from('cde')]).toString('hex')).toMatch(/^6162636465000000.{8}$/);
    expect(unsealed(sealed([Buffer.from('abcd')]), 'test').toString()).toBe('abcd');
  });

  it('are refused with any flipped bit, and when they are too short', () => {
    const bytes = sealed([Buffer.from('abcde')]);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const broken = Buffer.from(bytes);
      broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => unsealed(broken, 'test')).toThrow(corrupt);
    }
    for (let length = 0; length < 4; length += 1) expect(() => unsealed(Buffer.alloc(length), 'test')).toThrow(corrupt);
  });
});

it('sizes are rounded up to four without loss', () => {
  expect([0, 1, 4, 5, 2 ** 53 - 4].map(padded)).toEqual([0, 4, 4, 8, 2 ** 53 - 4]);
});
