import { closeSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { walkPinned } from '../../../../image/tree/shift/walk.ts';
import { openPinned, type Pinned, statPinned } from '../../../../native/pinned.ts';

let folder: string;
let root: Pinned;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-walk-'));
  mkdirSync(join(folder, 'tree/d'), { recursive: true });
  mkdirSync(join(folder, 'outside'));
  writeFileSync(join(folder, 'tree/d/inner'), '');
  writeFileSync(join(folder, 'outside/secret'), '');
  symlinkSync(join(folder, 'outside'), join(folder, 'tree/link'));
  root = openPinned('path', join(folder, 'tree'));
});
afterEach(() => {
  closeSync(root);
  rmSync(folder, { recursive: true });
});

const unexpected = (path: string) => {
  throw new Error(`${path} is no mount`);
};

it('yields everything of the tree and nothing that a link leads to', () => {
  expect([...walkPinned(root, unexpected)].map(({ path }) => path).sort()).toEqual(['', 'd', 'd/inner', 'link']);
});

it('stays in the tree when a folder becomes a link to elsewhere while it is there', () => {
  const seen: string[] = [];
  for (const { path, file, status } of walkPinned(root, unexpected)) {
    seen.push(path);
    if (path !== 'd') continue;
    renameSync(join(folder, 'tree/d'), join(folder, 'away'));
    symlinkSync(join(folder, 'outside'), join(folder, 'tree/d'));
    // What is held is still the folder.
    expect(statPinned(file).inode).toBe(status.inode);
  }
  expect(seen).not.toContain('d/secret');
  expect(seen).toContain('d/inner');
});

it('refuses folders in folders without an end', () => {
  let deep = join(folder, 'tree');
  for (let depth = 0; depth < 510; depth += 1) {
    deep = join(deep, 'x');
    mkdirSync(deep);
  }
  expect(() => [...walkPinned(root, unexpected)]).toThrowError(expect.objectContaining({ code: 'shift-refused' }));
});
