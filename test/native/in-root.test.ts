import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TreeLook, walkInRoot } from '../../native/index.ts';

let root: string;
let look: TreeLook;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cooper-in-root-'));
  mkdirSync(join(root, 'usr/lib/deep'), { recursive: true });
  writeFileSync(join(root, 'usr/lib/file'), '');
  for (const [name, target] of [
    ['lib', 'usr/lib'],
    ['absolute', '/usr/lib'],
    ['climbing', '../../../usr/./lib//deep'],
    ['usr/lib/back', '../../lib/file'],
    ['dangling', 'usr/none'],
    ['circle', 'circle'],
    ['top', '/'],
  ] as const) {
    symlinkSync(target, join(root, name));
  }
  look = {
    kindOf: (path) => {
      const status = lstatSync(join(root, path), { throwIfNoEntry: false });
      if (status === undefined) return 'missing';
      if (status.isSymbolicLink()) return 'symlink';
      return status.isDirectory() ? 'directory' : 'other';
    },
    targetOf: (path) => readlinkSync(join(root, path)),
  };
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  ['', '', 'directory'],
  ['/', '', 'directory'],
  ['usr/../..', '', 'directory'],
  ['lib', 'usr/lib', 'directory'],
  ['/absolute/deep', 'usr/lib/deep', 'directory'],
  ['climbing/..', 'usr/lib', 'directory'],
  ['usr/lib/back', 'usr/lib/file', 'other'],
  ['top/lib/file', 'usr/lib/file', 'other'],
  ['dangling', 'usr/none', 'missing'],
])('%j leads to %j, as chroot-like resolution by readlink(1) says', (path, end, kind) => {
  expect(walkInRoot(look, path, 'follow')).toEqual({ path: end, kind, complete: true });
  if (!path.includes('absolute') && !path.includes('top') && !path.includes('climb') && !path.includes('..')) {
    const real = execFileSync('readlink', ['-m', join(root, path)], { encoding: 'utf8' }).trimEnd();
    expect(real).toBe(join(execFileSync('readlink', ['-f', root], { encoding: 'utf8' }).trimEnd(), end));
  }
});

test('a link at the end is kept when that is asked for', () => {
  expect(walkInRoot(look, 'absolute/back', 'keep')).toEqual({ path: 'usr/lib/back', kind: 'symlink', complete: true });
});

test('a file or a gap on the way ends the walk there', () => {
  expect(walkInRoot(look, 'lib/file/x', 'follow')).toEqual({ path: 'usr/lib/file', kind: 'other', complete: false });
  expect(walkInRoot(look, 'none/x', 'follow')).toEqual({ path: 'none', kind: 'missing', complete: false });
});

test('a circle of links ends', () => {
  expect(walkInRoot(look, 'circle/x', 'follow')).toMatchObject({ kind: 'too-many-links', complete: false });
});

test('it begins where it is told to', () => {
  expect(walkInRoot(look, '../lib/deep', 'follow', 'usr')).toMatchObject({ path: 'usr/lib/deep' });
});

test('missing directories are made when the caller can', () => {
  const made: string[] = [];
  const making = { ...look, make: (path: string) => made.push(path) };
  expect(walkInRoot(making, 'dangling/a', 'follow')).toMatchObject({ path: 'usr/none/a', kind: 'directory' });
  expect(made).toEqual(['usr/none', 'usr/none/a']);
});
