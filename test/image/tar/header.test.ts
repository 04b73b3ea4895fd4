import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryType } from '../../../image/tar/entry.ts';
import { encodeHeader } from '../../../image/tar/header.ts';
import { TarReader } from '../../../image/tar/reader.ts';
import { archiveOf, file, type Member, member, membersOf } from './archive.ts';

const byte = (except: readonly number[]) => fc.integer({ min: 1, max: 255 }).filter((value) => !except.includes(value));
const name = fc
  .tuple(fc.array(byte([]), { maxLength: 300 }), byte([0x2f]))
  .map(([bytes, last]) => Buffer.from([...bytes, last]));
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((value) => !value.includes('\0') && Buffer.from(value).toString() === value);
const value = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const id = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 2 ** 31 - 1 }), fc.constant(2 ** 32 - 2));
const mtime = fc.record({
  seconds: fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map(Math.trunc)),
  nanoseconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999_999 })),
});

const memberOf = (type: EntryType): fc.Arbitrary<Member> =>
  fc
    .record({
      name,
      mode: fc.nat({ max: 0o7777 }),
      uid: id,
      gid: id,
      mtime,
      data: type === 'file' ? fc.uint8Array({ maxLength: 1500 }) : fc.constant(new Uint8Array()),
      linkName: type === 'symlink' || type === 'hardlink' ? name : fc.constant(Buffer.alloc(0)),
      xattrs: fc.array(fc.tuple(text, value), { maxLength: 3 }).map((pairs) => new Map(pairs)),
      device: fc.record({ major: fc.nat({ max: 0xfff }), minor: fc.nat({ max: 0xfffff }) }),
    })
    .map(({ device, data, ...fields }) => {
      const withDevice = type === 'character' || type === 'block' ? { device } : {};
      return member(fields.name, type, { ...fields, ...withDevice, data: Buffer.from(data) });
    });

const types: readonly EntryType[] = ['file', 'hardlink', 'symlink', 'character', 'block', 'directory', 'fifo'];
const anyMember = fc.oneof(...types.map(memberOf));

describe('encoding and decoding', () => {
  it('gives back every archive, however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(anyMember, { maxLength: 5 }), fc.integer({ min: 1, max: 2000 }), (members, step) => {
        expect(membersOf(archiveOf(members), step)).toEqual(members);
      }),
      { numRuns: 300 },
    );
  });

  it('announces sizes beyond 8 GiB', () => {
    const { entry } = member('./big', 'file', { size: 2 ** 40 });
    const sizes: number[] = [];
    const reader = new TarReader({
      entry: ({ size }) => sizes.push(size),
      data: () => undefined,
      end: () => undefined,
    });
    reader.write(encodeHeader(entry));
    expect(sizes).toEqual([2 ** 40]);
  });
});

describe('what is written', () => {
  it('is one block for an ordinary entry', () => {
    expect(encodeHeader(file('./etc/passwd', '').entry).length).toBe(512);
  });

  it('splits a long plain name instead of adding a pax header', () => {
    expect(encodeHeader(file(`./${'d'.repeat(90)}/${'n'.repeat(90)}`, '').entry).length).toBe(512);
  });

  it('has a pax header for a time after 2038', () => {
    const { entry } = file('./late', '', { mtime: { seconds: 2 ** 31, nanoseconds: 0 } });
    expect(encodeHeader(entry).toString('latin1')).toContain('mtime=2147483648\n');
  });

  it('does not depend on the order in which attributes were found', () => {
    const pairs: [string, Buffer][] = [
      ['user.b', Buffer.from('1')],
      ['user.a', Buffer.from('2')],
    ];
    const one = file('./f', '', { xattrs: new Map(pairs) });
    const two = file('./f', '', { xattrs: new Map(pairs.toReversed()) });
    expect(encodeHeader(one.entry).equals(encodeHeader(two.entry))).toBe(true);
  });
});
