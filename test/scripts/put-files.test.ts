import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putFiles } from '../../scripts/put-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-put-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inode = (path: string) => statSync(join(folder, path)).ino;
const made = [
  { path: 'chunks/a.js', content: 'a' },
  { path: 'b.js', content: Buffer.from('b') },
];

test('makes what is not there, with its folders', () => {
  putFiles(join(folder, 'new'), made);
  expect(readFileSync(join(folder, 'new/chunks/a.js'), 'utf8')).toBe('a');
  expect(readFileSync(join(folder, 'new/b.js'), 'utf8')).toBe('b');
});

test('leaves a file that is as it should be, and exchanges whole one that is not', () => {
  putFiles(folder, made);
  const before = { a: inode('chunks/a.js'), b: inode('b.js') };
  putFiles(folder, [
    { path: 'chunks/a.js', content: 'a' },
    { path: 'b.js', content: 'new' },
  ]);
  expect(inode('chunks/a.js')).toBe(before.a);
  expect(inode('b.js')).not.toBe(before.b);
  expect(readFileSync(join(folder, 'b.js'), 'utf8')).toBe('new');
});

test('takes away what is not made any more, and what killed runs have left', () => {
  mkdirSync(join(folder, 'chunks'));
  writeFileSync(join(folder, 'chunks/old.js'), 'old');
  writeFileSync(join(folder, 'b.js.1.new'), 'half');
  symlinkSync('nowhere', join(folder, 'link'));
  putFiles(folder, made);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['b.js', 'chunks', 'chunks/a.js']);
});
