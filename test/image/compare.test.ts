// What is said of two archives that differ.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareArchives } from '../../image/index.ts';
import { archiveOf, file, link, type Member } from './tar/archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'cooper-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

function archive(name: string, members: readonly Member[]): string {
  const path = join(folder, `${name}.tar.xz`);
  writeFileSync(path, execFileSync('xz', ['-c'], { input: archiveOf(members) }));
  return path;
}

const compare = (one: readonly Member[], other: readonly Member[]) =>
  compareArchives(archive('one', one), archive('other', other), 1 << 20);

test('nothing is said of the same entries', async () => {
  const members = [file('./a', 'text'), link('./b', 'symlink', 'a')];
  expect(await compare(members, members)).toEqual([]);
});

test('an entry that only one has is named', async () => {
  expect(await compare([file('./a', '')], [file('./b', '')])).toEqual([
    './a: only in the first',
    './b: only in the second',
  ]);
});

test.each([
  ['mode', file('./a', 'text', { mode: 0o600 }), /^\.\/a: mode 0644 → 0600$/],
  ['owner', file('./a', 'text', { uid: 8 }), /^\.\/a: owner 0:0 → 8:0$/],
  ['time', file('./a', 'text', { mtime: { seconds: 5, nanoseconds: 0 } }), /^\.\/a: time 1600000000.0+ → 5.0+$/],
  ['content', file('./a', 'next'), /^\.\/a: content \w{16} → \w{16}$/],
  ['type', link('./a', 'symlink', 'b'), /type file → symlink.*size 4 → none.*target none → b/],
  ['attribute', file('./a', 'text', { xattrs: new Map([['user.x', Buffer.from([1])]]) }), /attribute user.x none → 01/],
])('another %s is shown', async (_what, other, line) => {
  const lines = await compare([file('./a', 'text')], [other]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(line);
});

test('another order alone is told', async () => {
  const [one, two] = [file('./a', ''), file('./b', '')];
  expect(await compare([one, two], [two, one])).toEqual(['the entries are the same, their order is not']);
});
