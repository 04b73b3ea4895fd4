import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { homeAt } from '../../cli/home.ts';
import { pruneSources, replaceable, sourcesOf } from '../../cli/source-cache.ts';
import { digestOf } from '../../keys/index.ts';

const now = new Date('2026-06-30T12:00:00Z');
const day = 24 * 3600 * 1000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-source-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const context = () => ({ home: homeAt(folder, {}), now }) as Parameters<typeof pruneSources>[0];

/** A file of that many bytes, unused for that many days. */
function put(kind: string, bytes: number, days: number): string {
  const content = Buffer.alloc(bytes, days);
  const { sha256 } = digestOf(content);
  const path = join(folder, 'cache', kind, 'v1/sha256', sha256.slice(0, 2), sha256);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  const used = new Date(now.getTime() - days * day);
  utimesSync(path, used, used);
  return path;
}

test('what there is is told by kind, with its size, its folder and when it was used last', async () => {
  put('packages', 3000, 1);
  put('packages', 1000, 20);
  put('private/packages', 5000, 2);
  const { document, text } = await sourcesOf(context().home);
  expect(document).toMatchObject({
    limits: { expiry: 10, size: 10e9 },
    bytes: 9000,
    kinds: [
      { kind: 'packages', files: 2, bytes: 4000, used: '2026-06-29T12:00:00.000Z' },
      { kind: 'indices', files: 0, bytes: 0, used: null },
      { kind: 'private', files: 1, bytes: 5000, directory: join(folder, 'cache/private/packages') },
      { kind: 'fetched', files: 0, bytes: 0 },
    ],
  });
  expect(text).toContain('sources of builds: 3, 9.0 kB (unused for 10 days they go');
  expect(text).toContain(`archives of folders and containers: 1, 5.0 kB in ${join(folder, 'cache/private/packages')}`);
});

test('what nobody has used for ten days goes, and no more', async () => {
  const gone = [put('packages', 10, 11), put('private/packages', 20, 12), put('indices', 30, 13)];
  const kept = [put('packages', 10, 9), put('fetched', 40, 100)];
  const dry = await pruneSources(context(), replaceable, undefined, true);
  expect(dry.text).toContain('would remove archives of folders and containers: 1, 20 B');
  expect([...gone, ...kept].every((path) => existsSync(path))).toBe(true);
  // A run that has ended leaves its lock.
  writeFileSync(join(folder, 'cache/builds.lock'), '');
  const { document } = await pruneSources(context(), replaceable, undefined, false);
  expect(document).toMatchObject({
    removed: [
      { kind: 'packages', files: 1, bytes: 10 },
      { kind: 'indices', files: 1, bytes: 30 },
      { kind: 'private', files: 1, bytes: 20 },
    ],
    inUse: [],
  });
  expect(gone.map((path) => existsSync(path))).toEqual([false, false, false]);
  expect(kept.map((path) => existsSync(path))).toEqual([true, true]);
});

test('a size leaves what was used last of all kinds together', async () => {
  const [oldest, middle, newest] = [put('packages', 40, 5), put('indices', 50, 4), put('private/packages', 60, 3)];
  await pruneSources(context(), replaceable, 110, false);
  expect([oldest, middle, newest].map((path) => existsSync(path))).toEqual([false, true, true]);
  await pruneSources(context(), replaceable, 0, false);
  expect([middle, newest].map((path) => existsSync(path))).toEqual([false, false]);
});

test('cooper.yaml says what may stay, and what is fetched by scripts goes when it is asked for', async () => {
  const [package_, wheel] = [put('packages', 40, 2), put('fetched', 50, 2)];
  writeFileSync(join(folder, 'cooper.yaml'), 'cache: { sources: { expiry: 1, size: 1K } }\n');
  await pruneSources(context(), ['fetched'], undefined, false);
  expect([package_, wheel].map((path) => existsSync(path))).toEqual([true, false]);
  writeFileSync(join(folder, 'cooper.yaml'), 'cache: { sources: { expiry: soon } }\n');
  await expect(sourcesOf(context().home)).rejects.toMatchObject({ code: 'settings-faulty' });
});
