import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TarReader } from '../../../image/tar/reader.ts';
import { removeTree } from '../../../image/tree/remove.ts';
import { TreeWriter, type TreeWriterOptions } from '../../../image/tree/write.ts';
import { lgetxattr } from '../../../native/sys.ts';
import { archiveOf, file, link, type Member, member } from '../tar/archive.ts';

const me = [process.getuid?.() ?? 0, process.getgid?.() ?? 0] as const;
const images: TreeWriterOptions = { parents: 'refuse-symlinks', devices: 'skip', mapOwner: () => me };
const packages: TreeWriterOptions = { ...images, parents: 'follow-inside' };

let folder: string;
let root: string;
let outside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-tree-'));
  root = join(folder, 'root');
  outside = join(folder, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'untouched');
});
afterEach(() => removeTree(folder));

function unpack(members: readonly Member[], options = images): void {
  const writer = new TreeWriter(root, options);
  const reader = new TarReader(writer);
  try {
    reader.write(archiveOf(members));
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
}

const directory = (name: string) => member(name, 'directory');
const escapes = expect.objectContaining({ code: 'archive-escapes-root' });
const conflict = expect.objectContaining({ code: 'archive-conflict' });
const corrupt = expect.objectContaining({ code: 'archive-corrupt' });
const content = (path: string) => readFileSync(join(root, path), 'utf8');

const both = [
  ['an image', images],
  ['a package', packages],
] as const;

function expectOutsideUntouched(): void {
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('untouched');
  expect(readdirSync(folder).sort()).toEqual(['outside', 'root']);
}

describe.each(both)('attack on the outside by %s', (_kind, options) => {
  afterEach(expectOutsideUntouched);

  it.each(['../outside/new', './a/../../outside/new', '..', './d/..'])('climbing with dots: %s', (name) => {
    expect(() => unpack([file(name, 'x')], options)).toThrow(escapes);
  });

  it('absolute name', () => {
    expect(() => unpack([file(join(outside, 'new'), 'x')], options)).toThrow(escapes);
  });

  it('directory that climbs', () => {
    expect(() => unpack([directory('./a/../../outside/new')], options)).toThrow(escapes);
  });

  it('symlink to the outside, then a file through it', () => {
    expect(() => unpack([link('./l', 'symlink', outside), file('./l/new', 'x')], options)).toThrow();
  });

  it('relative symlink to the outside, then a file through it', () => {
    expect(() => unpack([link('./l', 'symlink', '../outside'), file('./l/new', 'x')], options)).toThrow();
  });

  it('symlink to a symlink to the outside, then a file through both', () => {
    const links = [link('./a', 'symlink', '../outside'), link('./b', 'symlink', 'a')];
    expect(() => unpack([...links, file('./b/new', 'x')], options)).toThrow();
  });

  it('symlink to a file outside, then a file of the same name', () => {
    unpack([link('./f', 'symlink', '../outside/secret'), file('./f', 'mine')], options);
    expect(content('f')).toBe('mine');
    expect(lstatSync(join(root, 'f')).isFile()).toBe(true);
  });

  it('mode and time through a symlink', () => {
    const before = statSync(outside);
    unpack([link('./l', 'symlink', '../outside')], options);
    expect(statSync(outside)).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs });
  });
});

describe.each(both)('attack with hard links by %s', (_kind, options) => {
  afterEach(expectOutsideUntouched);

  it('hard link to a file outside', () => {
    expect(() => unpack([link('./h', 'hardlink', '../outside/secret')], options)).toThrow(escapes);
    expect(() => unpack([link('./h', 'hardlink', join(outside, 'secret'))], options)).toThrow(escapes);
  });

  it('hard link through a symlink to the outside', () => {
    const members = [link('./l', 'symlink', '../outside'), link('./h', 'hardlink', './l/secret')];
    expect(() => unpack(members, options)).toThrow();
    expect(existsSync(join(root, 'h'))).toBe(false);
  });

  it('hard link to a symlink to the outside, then a file over it', () => {
    const links = [link('./l', 'symlink', '../outside/secret'), link('./h', 'hardlink', './l')];
    expect(() => unpack([...links, file('./h', 'x')], options)).toThrow(corrupt);
  });

  it('a file over a name that is hard-linked from outside', () => {
    linkSync(join(outside, 'secret'), join(root, 'shared'));
    unpack([file('./shared', 'mine')], options);
    expect(content('shared')).toBe('mine');
  });

  it('a file over one of two linked names leaves the other', () => {
    unpack([file('./a', 'first'), link('./b', 'hardlink', './a'), file('./a', 'second')], options);
    expect([content('a'), content('b')]).toEqual(['second', 'first']);
  });

  it('hard link to itself', () => {
    expect(() => unpack([file('./a', 'x'), link('./a', 'hardlink', './a')], options)).toThrow(corrupt);
    expect(content('a')).toBe('x');
  });

  it.each(['./missing', './d', '.'])('hard link to %s', (target) => {
    expect(() => unpack([directory('./d'), link('./h', 'hardlink', target)], options)).toThrow(corrupt);
  });
});

describe.each(both)('nonsense in %s', (_kind, options) => {
  it('the root itself as a file', () => {
    expect(() => unpack([file('.', 'x')], options)).toThrow(conflict);
    expect(() => unpack([link('./', 'symlink', '../outside')], options)).toThrow(conflict);
  });

  it('file over a directory', () => {
    expect(() => unpack([directory('./d'), file('./d', 'x')], options)).toThrow(conflict);
  });

  it('directory over a file', () => {
    expect(() => unpack([file('./d', 'x'), directory('./d')], options)).toThrow(conflict);
  });

  it('file as a parent', () => {
    expect(() => unpack([file('./f', 'x'), file('./f/g', 'y')], options)).toThrow(conflict);
  });

  it('device node where none is wanted', () => {
    const node = member('./null', 'character', { device: { major: 1, minor: 3 } });
    expect(() => unpack([node], { ...options, devices: 'refuse' })).toThrow(/device/);
  });

  it('name of half a million directories', () => {
    expect(() => unpack([file(`./${'a/'.repeat(500_000)}f`, 'x')], options)).toThrow(conflict);
    const members = [file('./f', 'x'), link('./h', 'hardlink', `./${'a/'.repeat(500_000)}f`)];
    expect(() => unpack(members, options)).toThrow(conflict);
  });

  it('attribute that no file system takes', () => {
    const xattrs = new Map([['nonsense', Buffer.from('x')]]);
    expect(() => unpack([file('./f', 'x', { xattrs })], options)).toThrow(
      expect.objectContaining({ code: 'attribute-refused' }),
    );
  });

  it('name too long for the file system', () => {
    expect(() => unpack([file(`./${'n'.repeat(256)}`, 'x')], options)).toThrow(conflict);
  });
});

describe('an image', () => {
  it('may not put a directory over a symlink', () => {
    const members = [directory('./d'), link('./l', 'symlink', 'd'), directory('./l')];
    expect(() => unpack(members)).toThrow(escapes);
  });

  it('may not go through a symlink that stays inside either', () => {
    expect(() => unpack([directory('./d'), link('./l', 'symlink', 'd'), file('./l/f', 'x')])).toThrow(escapes);
  });

  it('keeps setuid bits, modes and times of files, directories and links', () => {
    const mtime = { seconds: 1_234_567_890, nanoseconds: 123_456_789 };
    unpack([
      member('.', 'directory', { mode: 0o751 }),
      member('./d', 'directory', { mode: 0o555, mtime }),
      file('./d/su', 'x', { mode: 0o4755, mtime }),
      member('./d/pipe', 'fifo', { mode: 0o620 }),
      { ...link('./d/l', 'symlink', 'su'), entry: { ...link('./d/l', 'symlink', 'su').entry, mtime } },
    ]);
    const time = (path: string) => lstatSync(join(root, path), { bigint: true }).mtimeNs;
    expect(['.', 'd', 'd/su', 'd/pipe'].map((path) => statSync(join(root, path)).mode & 0o7777)).toEqual([
      0o751, 0o555, 0o4755, 0o620,
    ]);
    expect(['d', 'd/su', 'd/l'].map(time)).toEqual([1234567890123456789n, 1234567890123456789n, 1234567890123456789n]);
    expect(statSync(join(root, 'd/pipe')).isFIFO()).toBe(true);
  });

  it.each([-1, -2_000_000_000])('keeps times before 1970 (%i s) of files, directories and links', (seconds) => {
    const mtime = { seconds, nanoseconds: 0 };
    unpack([
      member('./d', 'directory', { mtime }),
      file('./f', 'x', { mtime }),
      { ...link('./l', 'symlink', 'f'), entry: { ...link('./l', 'symlink', 'f').entry, mtime } },
    ]);
    const time = (path: string) => lstatSync(join(root, path), { bigint: true }).mtimeNs;
    expect(['d', 'f', 'l'].map(time)).toEqual(Array(3).fill(BigInt(seconds) * 1_000_000_000n));
  });

  it('keeps attributes byte for byte, but not marks of overlayfs or labels of the builder', () => {
    const value = Buffer.from([0, 10, 61, 255]);
    const xattrs = new Map([
      ['user.binary', value],
      ['user.overlay.opaque', Buffer.from('y')],
      ['trusted.thing', Buffer.from('y')],
      ['security.selinux', Buffer.from('y')],
    ]);
    unpack([file('./f', 'x', { xattrs })]);
    expect(lgetxattr(join(root, 'f'), 'user.binary')).toEqual(value);
    expect(() => lgetxattr(join(root, 'f'), 'user.overlay.opaque')).toThrow(/ENODATA/);
  });

  it('keeps names that are not text', () => {
    const name = Buffer.from('./\xff\xfe', 'latin1');
    unpack([member(name, 'file')]);
    expect(readdirSync(root, 'latin1')).toEqual(['\xff\xfe']);
  });

  it('may leave parents out: they are made', () => {
    unpack([file('./a/b/c', 'x')]);
    expect(content('a/b/c')).toBe('x');
  });

  it('is unpacked without what is excluded', () => {
    unpack([directory('./d'), file('./d/f', 'x'), file('./g', 'y')], { ...images, exclude: (name) => name === 'd/f' });
    expect([readdirSync(root).sort(), readdirSync(join(root, 'd'))]).toEqual([['d', 'g'], []]);
  });
});

describe('a package on a usr-merged root', () => {
  beforeEach(() => {
    mkdirSync(join(root, 'usr/lib'), { recursive: true, mode: 0o755 });
    symlinkSync('usr/lib', join(root, 'lib'));
  });

  it('writes through the link and leaves it', () => {
    unpack([directory('./lib'), directory('./lib/x'), file('./lib/x/f', 'content')], packages);
    expect(readlinkSync(join(root, 'lib'))).toBe('usr/lib');
    expect(content('usr/lib/x/f')).toBe('content');
  });

  it('follows absolute links as if the root were /', () => {
    mkdirSync(join(root, 'run'));
    mkdirSync(join(root, 'var'));
    symlinkSync('/run', join(root, 'var/run'));
    unpack([file('./var/run/f', 'content')], packages);
    expect(content('run/f')).toBe('content');
  });

  it('follows links that climb beyond the root to the root', () => {
    symlinkSync('../../../../usr', join(root, 'up'));
    unpack([file('./up/f', 'content')], packages);
    expect(content('usr/f')).toBe('content');
  });

  it('links hard through the link', () => {
    unpack([file('./usr/lib/a', 'content'), link('./lib/b', 'hardlink', './lib/a')], packages);
    expect(statSync(join(root, 'usr/lib/b')).nlink).toBe(2);
  });

  it('keeps mode and time of directories that are there', () => {
    const before = statSync(join(root, 'usr/lib'));
    unpack([member('./usr/lib', 'directory', { mode: 0o700 })], packages);
    expect(statSync(join(root, 'usr/lib'))).toMatchObject({ mode: before.mode, mtimeMs: before.mtimeMs });
  });

  it('keeps a directory where the package has a symlink', () => {
    unpack([link('./usr/lib', 'symlink', '../elsewhere')], packages);
    expect(lstatSync(join(root, 'usr/lib')).isDirectory()).toBe(true);
  });

  it('does not go where a replaced link has led', () => {
    const members = [
      directory('./other'),
      file('./lib/one', '1'),
      link('./lib', 'symlink', 'other'),
      file('./lib/two', '2'),
    ];
    unpack(members, packages);
    expect([content('usr/lib/one'), content('other/two')]).toEqual(['1', '2']);
  });

  it('is refused over links that go round in circles', () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    expect(() => unpack([file('./a/f', 'x')], packages)).toThrow(conflict);
  });

  it('is refused over a link that leads nowhere', () => {
    symlinkSync('/nowhere', join(root, 'a'));
    expect(() => unpack([file('./a/f', 'x')], packages)).toThrow(conflict);
    expect(() => unpack([directory('./a')], packages)).toThrow(conflict);
  });
});
