import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfArchive } from '../../../image/tar/header.ts';
import { encodePaxRecords } from '../../../image/tar/pax.ts';
import { defaultTarLimits, type TarLimits } from '../../../image/tar/reader.ts';
import { archiveOf, file, link, member, membersOf } from './archive.ts';

const sample = archiveOf([file('./a', 'content'), member('./d', 'directory'), link('./l', 'symlink', 'a')]);
const node = archiveOf([member('./n', 'character', { device: { major: 1, minor: 3 } })]);
const corrupt = expect.objectContaining({ code: 'archive-corrupt' });
const unsupported = expect.objectContaining({ code: 'archive-unsupported' });

/** Changes a field of the first header and mends the checksum. */
function altered(archive: Buffer, at: number, bytes: Buffer | string): Buffer {
  const copy = Buffer.from(archive);
  Buffer.from(bytes).copy(copy, at);
  copy.fill(0x20, 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, value) => total + value, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** The archive of one file behind a header of kind `flag` with `data`. */
function behind(flag: string, data: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil(data.length / 512) * 512);
  data.copy(padded);
  const [head] = [archiveOf([member('h', 'file', { size: data.length, data })]).subarray(0, 512)];
  return Buffer.concat([altered(head ?? Buffer.alloc(0), 156, flag), padded, archiveOf([file('f', 'x')])]);
}

const pax = (key: string, value: string) => behind('x', encodePaxRecords(new Map([[key, Buffer.from(value)]])));

describe('a damaged archive', () => {
  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < sample.length; length += 1) {
      expect(() => membersOf(sample.subarray(0, length))).toThrow(corrupt);
    }
  });

  it('is refused whichever bit of a header is flipped', () => {
    for (let bit = 0; bit < 512 * 8; bit += 1) {
      // The checksum does not cover its own spelling: `0` and a space before a number mean the same.
      if (bit >> 3 >= 148 && bit >> 3 < 156) continue;
      const broken = Buffer.from(sample);
      broken.writeUInt8(broken.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => membersOf(broken)).toThrow(corrupt);
    }
  });

  it('is refused with one zero block in place of two', () => {
    const body = sample.subarray(0, sample.length - endOfArchive.length);
    expect(() => membersOf(Buffer.concat([body, Buffer.alloc(512)]))).toThrow(corrupt);
    expect(() => membersOf(Buffer.concat([body, Buffer.alloc(512), sample]))).toThrow(corrupt);
  });

  it('is refused when anything follows its end', () => {
    expect(() => membersOf(Buffer.concat([sample, Buffer.alloc(600), Buffer.from('x')]))).toThrow(corrupt);
  });

  it('never makes the reader throw anything but a CooperError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 511 }), (bytes, at) => {
        try {
          membersOf(altered(sample, Math.min(at, 512 - bytes.length), Buffer.from(bytes)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'CooperError' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an archive that is meant to fill memory', () => {
  const limits = (change: Partial<TarLimits>) => ({ ...defaultTarLimits, ...change });
  const empty = (count: number) => archiveOf(Array.from({ length: count }, (_, at) => member(`./${at}`, 'directory')));

  it('may not have ten million entries', () => {
    expect(defaultTarLimits.entries).toBeLessThan(10_000_000);
    expect(membersOf(empty(9), undefined, limits({ entries: 9 }))).toHaveLength(9);
    expect(() => membersOf(empty(10), undefined, limits({ entries: 9 }))).toThrow(corrupt);
  });

  it('may not have more in names, links and attributes than the limit', () => {
    const big = { linkName: Buffer.alloc(90, 'l'), xattrs: new Map([['user.x', Buffer.alloc(900)]]) };
    const archive = (count: number) => archiveOf(Array.from({ length: count }, () => member('./n', 'symlink', big)));
    expect(membersOf(archive(1), undefined, limits({ namesBytes: 999 }))).toHaveLength(1);
    expect(() => membersOf(archive(1), undefined, limits({ namesBytes: 998 }))).toThrow(corrupt);
    expect(() => membersOf(archive(2), undefined, limits({ namesBytes: 1997 }))).toThrow(corrupt);
  });
});

describe('padding after the end', () => {
  it('is read to the last zero', () => {
    expect(membersOf(Buffer.concat([sample, Buffer.alloc(10_000)]))).toHaveLength(3);
  });
});

describe('an entry', () => {
  it.each([
    ['a directory with data', altered(sample, 156, '5')],
    ['a symlink with data', altered(sample, 156, '2')],
    ['a negative size', altered(sample, 124, Buffer.alloc(12, 0xff))],
    ['a size that JavaScript cannot hold', altered(sample, 124, Buffer.from(`80${'7f'.repeat(11)}`, 'hex'))],
    ['a size that is no number', altered(sample, 124, 'eleven')],
    ['no name', altered(sample, 0, Buffer.alloc(100))],
    ['a NUL in its name', pax('path', 'a\0b')],
    ['garbage behind spaces where a number should stand', altered(sample, 108, ' 00\xc60000')],
    ['a negative owner', pax('uid', '-1')],
    ['the owner -1 of chown', pax('uid', String(2 ** 32 - 1))],
    ['a group beyond what Linux has', pax('gid', String(2 ** 40))],
    ['a device number beyond what Linux has', altered(node, 329, '0010000\0')],
    ['a minor device number beyond what Linux has', altered(node, 337, '4000000\0')],
    ['a negative device number', altered(node, 337, Buffer.alloc(8, 0xff))],
    ['an owner that is no number', pax('gid', '1e3')],
    ['a time that is no number', pax('mtime', 'now')],
    ['an attribute without a name', pax('SCHILY.xattr.', 'x')],
    ['an extended header that is cut short', behind('x', Buffer.from('20 path=abc'))],
    ['an extended header of more than 1 MiB', behind('x', Buffer.alloc(1024 * 1024 + 1))],
    ['a long name of more than 1 MiB', behind('L', Buffer.alloc(1024 * 1024 + 1, 'x'))],
  ])('is refused with %s', (_fault, archive) => {
    expect(() => membersOf(archive)).toThrow(corrupt);
  });

  it.each([
    ['a sparse file of GNU tar', altered(sample, 156, 'S')],
    ['a sparse file in a pax header', pax('GNU.sparse.major', '1')],
    ['a part of another volume', altered(sample, 156, 'M')],
    ['an unknown kind', altered(sample, 156, 'Z')],
  ])('that is %s is refused as unsupported', (_kind, archive) => {
    expect(() => membersOf(archive)).toThrow(unsupported);
  });

  it('is refused by name when GNU tar made it sparse', () => {
    const script = 'cd "$(mktemp -d)" && truncate -s 1M hole && tar --sparse --format=gnu -cf - hole && rm -r "$PWD"';
    expect(() => membersOf(execFileSync('sh', ['-c', script]))).toThrow(unsupported);
  });

  it('takes what a global header says for all, and its own header where both speak', () => {
    const globals = behind('g', encodePaxRecords(new Map([['uid', Buffer.from('77')]])));
    expect(membersOf(globals).map(({ entry }) => entry.uid)).toEqual([77]);
  });

  it('is refused behind global headers with more keywords than anybody needs', () => {
    const keywords = (count: number) => Array.from({ length: count }, (_, at) => [`K${at}`, Buffer.from('x')] as const);
    const globals = (count: number) => behind('g', encodePaxRecords(new Map(keywords(count))));
    expect(membersOf(globals(64))).toHaveLength(1);
    expect(() => membersOf(globals(65))).toThrow(corrupt);
  });

  it('is refused behind global headers that add up beyond their limit', () => {
    const big = (key: string) => behind('g', encodePaxRecords(new Map([[key, Buffer.alloc(600_000)]])));
    const first = big('comment');
    const headers = first.subarray(0, first.length - archiveOf([file('f', 'x')]).length);
    expect(membersOf(first)).toHaveLength(1);
    expect(() => membersOf(Buffer.concat([headers, big('other')]))).toThrow(corrupt);
  });

  it('has a long name from GNU headers', () => {
    const name = 'n'.repeat(300);
    expect(membersOf(behind('L', Buffer.from(`${name}\0`))).map(({ entry }) => entry.name.toString())).toEqual([name]);
  });
});
