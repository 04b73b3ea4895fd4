import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePaxRecords, encodePaxRecords, formatPaxTime, paxTime } from '../../../image/tar/pax.ts';

const decode = (text: string) => decodePaxRecords(Buffer.from(text, 'latin1'));

describe('records', () => {
  it('count their own length, also where a digit more makes it longer', () => {
    for (let length = 0; length < 1100; length += 1) {
      const records = new Map([['path', Buffer.alloc(length, 'x')]]);
      expect(decodePaxRecords(encodePaxRecords(records)).get('path')?.length).toBe(length);
    }
  });

  it('keep newlines and equals signs in values', () => {
    const records = new Map([['path', Buffer.from('a=b\nc\0')]]);
    expect(decodePaxRecords(encodePaxRecords(records))).toEqual(records);
  });

  it.each([
    ['a length that is no number', 'xx path=a\n'],
    ['a length beyond the end', '99 path=a\n'],
    ['a length of zero', '0 path=a\n'],
    ['a length before the keyword', '3 path=a\n'],
    ['no equals sign', '8 pathx\n'],
    ['no keyword', '5 =a\n'],
    ['no newline', '10 path=ab'],
    ['a keyword that is not text', '9 p\xffth=a\n'],
  ])('are refused with %s', (_fault, text) => {
    expect(() => decode(text)).toThrow(expect.objectContaining({ code: 'archive-corrupt' }));
  });
});

describe('times', () => {
  it('survive writing and reading to the nanosecond', () => {
    const time = fc.record({
      seconds: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
    });
    fc.assert(
      fc.property(time, (value) => {
        const records = new Map([['mtime', Buffer.from(formatPaxTime(value))]]);
        expect(paxTime(records, 'mtime')).toEqual(value);
      }),
    );
  });

  it('before 1970 count backwards', () => {
    expect(formatPaxTime({ seconds: -1, nanoseconds: 500_000_000 })).toBe('-0.5');
  });
});
