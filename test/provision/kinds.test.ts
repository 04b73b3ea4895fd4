import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { namePatterns } from '../../variants/removal.ts';
import { epoch, type SampleRoot, sampleRoot } from './sample-root.ts';

let sample: SampleRoot;
beforeEach(() => {
  sample = sampleRoot();
});
afterEach(() => sample.remove());

const refusal = (code: string, what = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(what) as string });

describe('a copy', () => {
  const bytes = Buffer.from([0, 0xff, 0x80, 10, 13]);
  const source = (content: Uint8Array = bytes, size = content.length) => {
    const file = join(sample.folder, 'source');
    writeFileSync(file, content);
    return { file, name: 'source', size, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const copy = (from: ReturnType<typeof source>) =>
    sample.place({ kind: 'copy', path: '/srv/x', source: from, mode: 0o640 });

  test('has the bytes, the mode and the time', () => {
    copy(source());
    const status = statSync(sample.at('srv/x'));
    expect(readFileSync(sample.at('srv/x'))).toEqual(bytes);
    expect([status.mode & 0o7777, status.mtimeMs]).toEqual([0o640, epoch * 1000]);
  });

  test('larger than one chunk is whole', () => {
    const large = Buffer.alloc(2_500_000, 'cooper');
    const file = join(sample.folder, 'large');
    writeFileSync(file, large);
    copy({ file, name: 'large', size: large.length, sha256: createHash('sha256').update(large).digest('hex') });
    expect(readFileSync(sample.at('srv/x')).equals(large)).toBe(true);
  });

  test.each([
    ['has other bytes', () => source(Buffer.from([1, 2, 3, 4, 5]))],
    ['has grown', () => source(Buffer.concat([bytes, bytes]), bytes.length)],
    ['has shrunk', () => source(bytes.subarray(1), bytes.length)],
  ])('of a source that %s is refused, and nothing is left', (_, changed) => {
    const from = changed();
    expect(() => copy(from)).toThrow(refusal('source-changed', 'source has changed'));
    expect(readdirSync(sample.at('srv'))).toEqual([]);
  });
});

describe('a directory', () => {
  const directory = (existing: 'keep' | 'change') =>
    sample.place({ kind: 'directory', path: '/srv/data', mode: 0o2770, existing });

  test('is made with its mode and time', () => {
    directory('keep');
    const status = statSync(sample.at('srv/data'));
    expect([status.mode & 0o7777, status.mtimeMs]).toEqual([0o2770, epoch * 1000]);
  });

  test.each([
    ['keep', 0o700],
    ['change', 0o2770],
  ] as const)('that is there, told to %s, has the mode %o', (existing, mode) => {
    mkdirSync(sample.at('srv/data'), { recursive: true });
    chmodSync(sample.at('srv/data'), 0o700);
    directory(existing);
    expect(statSync(sample.at('srv/data')).mode & 0o7777).toBe(mode);
  });

  test('in the place of a file is refused', () => {
    sample.write('srv/data');
    expect(() => directory('change')).toThrow(refusal('file-misplaced', '/srv/data is not a directory'));
  });
});

describe('a link', () => {
  test('replaces a file, has its target as written and the time of the epoch', () => {
    sample.write('etc/localtime', 'old');
    sample.place({ kind: 'link', path: '/etc/localtime', target: '../usr/share/zoneinfo/UTC' });
    expect(readlinkSync(sample.at('etc/localtime'))).toBe('../usr/share/zoneinfo/UTC');
    expect(lstatSync(sample.at('etc/localtime')).mtimeMs).toBe(epoch * 1000);
  });

  test('replaces another link, not what that leads to', () => {
    sample.write('etc/a', 'a');
    symlinkSync('a', sample.at('etc/b'));
    sample.place({ kind: 'link', path: '/etc/b', target: 'c' });
    expect([readlinkSync(sample.at('etc/b')), readFileSync(sample.at('etc/a'), 'utf8')]).toEqual(['c', 'a']);
  });

  test('in the place of a directory is refused', () => {
    mkdirSync(sample.at('srv'));
    expect(() => sample.place({ kind: 'link', path: '/srv', target: 'x' })).toThrow(refusal('file-misplaced'));
  });
});

describe('owners', () => {
  const owned = (owner: string | number, group: string | number) =>
    sample.place({ kind: 'text', path: '/x', content: '', mode: 0o6755, owner, group });

  test('by name are those of the root, and the set-id bits stay', () => {
    owned('me', 'mine');
    const { uid, gid, mode } = statSync(sample.at('x'));
    expect({ uid, gid }).toEqual(sample.own);
    expect(mode & 0o7777).toBe(0o6755);
  });

  test('that the root does not have are refused, even if the host has them', () => {
    expect(() => owned('root-of-the-host', 'mine')).toThrow(refusal('owner-unknown', '`root-of-the-host`'));
    expect(() => owned('me', 'root')).toThrow(refusal('owner-unknown', 'the group `root`'));
    expect(() => owned('bad', 'mine')).toThrow(refusal('owner-unknown', 'the user `bad`'));
    expect(existsSync(sample.at('x'))).toBe(false);
  });

  test('are read behind links of the root only', () => {
    const { uid, gid } = sample.own;
    sample.write('usr/passwd', `inside:x:${uid}:${gid}:::\n`);
    sample.place({ kind: 'link', path: '/etc/passwd', target: '/usr/passwd' });
    owned('inside', 'mine');
    expect(statSync(sample.at('x')).uid).toBe(uid);
  });
});

describe('a removal', () => {
  const remove = (path: string, never: readonly string[] = ['/usr', '/usr/bin']) =>
    sample.place({ kind: 'remove', path, names: namePatterns(path), never });

  test('takes a folder with all that is in it, links in it and not what they lead to', () => {
    sample.write('srv/kept/x');
    sample.write('var/cache/thing/deep/x');
    symlinkSync('../../../srv/kept', sample.at('var/cache/thing/link'));
    remove('/var/cache/thing');
    expect(existsSync(sample.at('var/cache/thing'))).toBe(false);
    expect(existsSync(sample.at('srv/kept/x'))).toBe(true);
  });

  test('of a pattern takes what it means, names with a leading dot too', () => {
    for (const name of ['a.log', '.b.log', 'c.txt', 'd.log.1']) sample.write(`var/log/${name}`);
    remove('/var/l?g/*.log');
    expect(readdirSync(sample.at('var/log')).sort()).toEqual(['c.txt', 'd.log.1']);
  });

  test('leaves the folder it takes something from with the time of the epoch', () => {
    sample.write('srv/x');
    utimesSync(sample.at('srv'), 1, 1);
    remove('/srv/x');
    expect(statSync(sample.at('srv')).mtimeMs).toBe(epoch * 1000);
  });

  test('of nothing is fine', () => {
    remove('/srv/none');
    remove('/etc/*.none');
    remove('/etc/passwd/x');
    expect(existsSync(sample.at('srv'))).toBe(false);
  });

  test('follows links on the way inside the root, never out of it', () => {
    const outside = join(sample.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'x'), '');
    sample.write('usr/lib/x');
    symlinkSync('usr/lib', sample.at('lib'));
    symlinkSync(outside, sample.at('absolute'));
    symlinkSync('../outside', sample.at('climbing'));
    for (const path of ['/lib/x', '/absolute/x', '/climbing/*', '/climb*/x']) remove(path);
    expect(existsSync(sample.at('usr/lib/x'))).toBe(false);
    expect(existsSync(join(outside, 'x'))).toBe(true);
  });

  test.each([
    ['by name', '/usr/bin'],
    ['by pattern', '/u*'],
    ['behind a link', '/elsewhere/usr'],
    ['as one of many', '/usr/*'],
  ])('of what must never go, %s, is refused before anything is gone', (_, path) => {
    sample.write('usr/bin/sh');
    sample.write('usr/a');
    symlinkSync('/', sample.at('elsewhere'));
    expect(() => remove(path)).toThrow(refusal('removal-refused', path));
    expect(readdirSync(sample.at('usr')).sort()).toEqual(['a', 'bin']);
  });

  test('of a name that is not text works by pattern', () => {
    sample.write('srv/x');
    writeFileSync(Buffer.concat([Buffer.from(`${sample.root}/srv/`), Buffer.from([0xff, 0xfe])]), '');
    remove('/srv/??');
    expect(readdirSync(sample.at('srv'))).toEqual(['x']);
  });
});

test('two files whose paths are one place in this root are refused', () => {
  mkdirSync(sample.at('usr/lib'), { recursive: true });
  symlinkSync('usr/lib', sample.at('lib'));
  const text = (path: string) => ({ kind: 'text', path, content: '', mode: 0o644 }) as const;
  expect(() => sample.place(text('/usr/lib/x'), text('/lib/x'))).toThrow(refusal('file-misplaced', '/usr/lib/x'));
});

test('a file whose name is as long as a name can be is placed', () => {
  const name = 'n'.repeat(255);
  sample.place({ kind: 'text', path: `/srv/${name}`, content: 'x', mode: 0o644 });
  expect(readdirSync(sample.at('srv'))).toEqual([name]);
});
