import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { placeFiles } from '../../provision/index.ts';

const epoch = 1_700_000_000;
let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-place-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
  mkdirSync(join(folder, 'outside'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const place = (path: string, content = 'text\n', mode = 0o644) =>
  placeFiles(root, [{ kind: 'text', path, content, mode }], epoch);
const placed = (path: string) => readFileSync(join(root, path), 'utf8');
const refusal = () => expect.objectContaining({ code: 'file-misplaced' });

test('a file has its text, mode and time', () => {
  place('/etc/tool', '#!/bin/sh\n', 0o4755);
  const status = statSync(join(root, 'etc/tool'));
  expect(placed('etc/tool')).toBe('#!/bin/sh\n');
  expect(status.mode & 0o7777).toBe(0o4755);
  expect(status.mtimeMs).toBe(epoch * 1000);
});

test('the umask changes neither files nor directories', () => {
  const before = process.umask(0o077);
  try {
    place('/srv/a/b');
  } finally {
    process.umask(before);
  }
  expect(statSync(join(root, 'srv/a')).mode & 0o7777).toBe(0o755);
  expect(statSync(join(root, 'srv/a/b')).mode & 0o7777).toBe(0o644);
});

test('directories that were made or changed have the time of the epoch', () => {
  utimesSync(join(root, 'etc'), 1, 1);
  place('/etc/a/b/c');
  for (const path of ['etc', 'etc/a', 'etc/a/b']) expect(statSync(join(root, path)).mtimeMs).toBe(epoch * 1000);
});

test('a file replaces another whole, and nothing else is left beside it', () => {
  writeFileSync(join(root, 'etc/x'), 'a longer text than the new one');
  chmodSync(join(root, 'etc/x'), 0o600);
  place('/etc/x', 'new');
  expect(placed('etc/x')).toBe('new');
  expect(readdirSync(join(root, 'etc'))).toEqual(['x']);
});

describe('symbolic links', () => {
  test('at the file itself are replaced, what they lead to is untouched', () => {
    writeFileSync(join(folder, 'outside/secret'), 'secret');
    symlinkSync(join(folder, 'outside/secret'), join(root, 'etc/x'));
    place('/etc/x');
    expect(lstatSync(join(root, 'etc/x')).isFile()).toBe(true);
    expect(readFileSync(join(folder, 'outside/secret'), 'utf8')).toBe('secret');
  });

  test('on the way are followed as if the root were /', () => {
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    symlinkSync('usr/lib', join(root, 'lib'));
    symlinkSync('/usr/lib', join(root, 'lib64'));
    place('/lib/one');
    place('/lib64/two');
    expect(readdirSync(join(root, 'usr/lib'))).toEqual(['one', 'two']);
  });

  test('an absolute one does not lead to the host', () => {
    symlinkSync(join(folder, 'outside'), join(root, 'etc/out'));
    place('/etc/out/x');
    expect(existsSync(join(folder, 'outside/x'))).toBe(false);
    expect(placed(`${folder}/outside/x`)).toBe('text\n');
  });

  test('one that climbs stays at the root', () => {
    symlinkSync('../../../outside', join(root, 'etc/up'));
    place('/etc/up/x');
    expect(existsSync(join(folder, 'outside/x'))).toBe(false);
    expect(placed('outside/x')).toBe('text\n');
  });

  test('in a circle are refused', () => {
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    expect(() => place('/a/x')).toThrow(refusal());
  });
});

test('a file on the way is refused', () => {
  writeFileSync(join(root, 'etc/x'), '');
  expect(() => place('/etc/x/y')).toThrow(refusal());
});

test('a directory in the place of the file is refused', () => {
  mkdirSync(join(root, 'etc/x'));
  expect(() => place('/etc/x')).toThrow(refusal());
});
