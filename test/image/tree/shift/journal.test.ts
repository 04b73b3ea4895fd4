import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatJournal, parseJournal } from '../../../../image/tree/shift/journal.ts';

const before = fc.record({
  born: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  mode: fc.nat(0o177777),
  uid: fc.nat(0xffff_fffe),
  gid: fc.nat(0xffff_fffe),
  attributes: fc.array(
    fc.tuple(
      fc.string(),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
  ),
});
const journal = fc.record({
  from: fc.constant('host' as const),
  to: fc.constant({ uid: [{ inside: 0, outside: 1, count: 2 }], gid: [{ inside: 0, outside: 3, count: 4 }] }),
  mtime: fc.record({ seconds: fc.integer(), nanoseconds: fc.nat(999_999_999) }),
  files: fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), before)).map((files) => new Map(files)),
});

it('is read as it was written', () => {
  fc.assert(
    fc.property(journal, (value) => {
      expect(parseJournal(formatJournal(value), 'j')).toEqual(value);
    }),
  );
});

it('is refused when anything of it is missing, or when a later version has written it', () => {
  const text = formatJournal({
    from: 'host',
    to: 'host',
    mtime: { seconds: 1, nanoseconds: 2 },
    files: new Map([[5n, { born: 1n, mode: 2, uid: 3, gid: 4, attributes: [] }]]),
  });
  const refused = expect.objectContaining({ code: 'shift-unfinished' });
  for (let end = 0; end < text.length - 1; end += 1) {
    expect(() => parseJournal(text.slice(0, end), 'j'), String(end)).toThrowError(refused);
  }
  expect(() => parseJournal(text.replace('"format":1', '"format":2'), 'j')).toThrowError(refused);
});
