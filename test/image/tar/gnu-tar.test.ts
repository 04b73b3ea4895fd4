// GNU tar as the judge of the codec: it reads what we write, we read what it writes.

import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lsetxattr } from '../../../native/sys.ts';
import { archiveOf, file, link, member, membersOf } from './archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-gnu-tar-'));
const source = join(folder, 'source');
const longName = `${'d'.repeat(120)}/${'e'.repeat(120)}`;
afterAll(() => rmSync(folder, { recursive: true }));

const tar = (...options: string[]) => execFileSync('tar', options, { cwd: folder, maxBuffer: 2 ** 26, stdio: 'pipe' });

beforeAll(() => {
  mkdirSync(join(source, longName), { recursive: true });
  writeFileSync(join(source, longName, 'deep'), 'deep');
  writeFileSync(join(source, 'plain'), 'plain content\n');
  utimesSync(join(source, 'plain'), 1_500_000_000, 1_500_000_000.25);
  linkSync(join(source, 'plain'), join(source, 'second'));
  symlinkSync('t'.repeat(150), join(source, 'link'));
  writeFileSync(Buffer.from(`${source}/not-text-\xff\n`, 'latin1'), '');
  lsetxattr(join(source, 'plain'), 'user.binary', Buffer.from([0, 255, 10, 61]));
});

describe.each(['gnu', 'oldgnu', 'pax'])('what GNU tar writes as %s', (format) => {
  it('is read with long names, links and owners beyond octal digits', () => {
    const options = ['--format', format, '--owner=:3000000', '--group=:2500000', '--sort=name', '--numeric-owner'];
    const members = membersOf(tar(...options, '-C', source, '-cf', '-', '.'), 1000);
    const found = new Map(members.map((each) => [each.entry.name.toString('latin1'), each]));
    expect(found.get(`./${longName}/deep`)?.data.toString()).toBe('deep');
    expect(found.get('./link')?.entry.linkName.toString()).toBe('t'.repeat(150));
    expect(found.get('./second')?.entry).toMatchObject({ type: 'hardlink', size: 0 });
    expect(found.get('./plain')?.entry).toMatchObject({ uid: 3_000_000, gid: 2_500_000, size: 14 });
    expect(found.has('./not-text-\xff\n')).toBe(true);
    expect(members.length).toBe(8);
  });
});

describe.each(['v7', 'ustar'])('what GNU tar writes as %s', (format) => {
  it('is read as far as that format goes', () => {
    const members = membersOf(tar('--format', format, '-C', source, '-cf', '-', 'plain', 'second'));
    expect(members.map(({ entry }) => [entry.name.toString(), entry.type])).toEqual([
      ['plain', 'file'],
      ['second', 'hardlink'],
    ]);
  });
});

describe('what GNU tar writes with attributes', () => {
  it('is read byte for byte, with fractions of a second', () => {
    const options = ['--format=pax', '--xattrs', '--xattrs-include=*', '-C', source, '-cf', '-', 'plain'];
    const [plain] = membersOf(tar(...options));
    expect(plain?.entry.xattrs.get('user.binary')).toEqual(Buffer.from([0, 255, 10, 61]));
    expect(plain?.entry.mtime).toEqual({ seconds: 1_500_000_000, nanoseconds: 250_000_000 });
  });
});

describe('what we write', () => {
  const members = [
    member('.', 'directory'),
    file('./plain', 'some content', { mode: 0o640, uid: 4_000_000, gid: 5 }),
    link('./second', 'hardlink', './plain'),
    link('./link', 'symlink', 't'.repeat(150)),
    file(`./${'x'.repeat(254)}`, 'long'),
    file('./early', '', { mtime: { seconds: -3, nanoseconds: 500_000_000 } }),
    file('./grüße', 'text'),
    member('./pipe', 'fifo'),
    member('./dev/console', 'character', { device: { major: 5, minor: 1 }, mode: 0o600 }),
  ];
  const archive = join(folder, 'ours.tar');
  beforeAll(() => writeFileSync(archive, archiveOf(members)));

  it('is listed by GNU tar without a complaint', () => {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } } as const;
    const list = execFileSync('tar', ['-tvf', archive, '--full-time', '--numeric-owner'], options).split('\n');
    expect(list[0]).toMatch(/^drwxr-xr-x 0\/0 +0 2020-09-13 12:26:40 \.\/$/);
    expect(list[1]).toMatch(/^-rw-r----- 4000000\/5 +12 2020-09-13 12:26:40 \.\/plain$/);
    expect(list[2]).toMatch(/^hrw-r--r-- .* \.\/second link to \.\/plain$/);
    expect(list[6]).toMatch(/ \.\/grüße$/);
    expect(list[8]).toMatch(/^crw------- 0\/0 +5,1 /);
  });

  it('is unpacked by GNU tar to the same content', () => {
    const target = join(folder, 'target');
    mkdirSync(target);
    tar('-xf', archive, '-C', target, '--exclude=./dev/console', '--no-same-owner');
    expect(readFileSync(join(target, 'second'), 'utf8')).toBe('some content');
    expect(readFileSync(join(target, 'x'.repeat(254)), 'utf8')).toBe('long');
    expect(statSync(join(target, 'early')).mtimeMs).toBe(-2500);
    expect(readlinkSync(join(target, 'link'))).toBe('t'.repeat(150));
    expect(readFileSync(join(target, 'grüße'), 'utf8')).toBe('text');
  });

  it('keeps names that are not text byte for byte', () => {
    const name = Buffer.from('./\xff\xfe\n', 'latin1');
    const bytes = archiveOf([member(name, 'file')]);
    const list = execFileSync('tar', ['-t', '--quoting-style=literal'], { input: bytes });
    expect(list.equals(Buffer.concat([name, Buffer.from('\n')]))).toBe(true);
  });
});
