import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openContentCache } from '../../../builder/source/cache.ts';
import { digestOf } from '../../../keys/digest.ts';

const content = Buffer.from('the content');
const digest = digestOf(content);
let folder: string;
let fetched: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-cache-'));
  fetched = 0;
});

afterEach(() => rm(folder, { recursive: true }));

async function fetch(to: string): Promise<void> {
  fetched += 1;
  await rm(to, { force: true });
  await writeFile(to, content);
}

test('a file is fetched once and lies under its digest', async () => {
  const cache = await openContentCache(join(folder, 'packages'));
  const path = await cache.obtain(digest, fetch);
  expect(path).toBe(join(folder, 'packages/v1/sha256', digest.sha256.slice(0, 2), digest.sha256));
  expect(await cache.obtain(digest, fetch)).toBe(path);
  expect(await (await openContentCache(join(folder, 'packages'))).obtain(digest, fetch)).toBe(path);
  expect(fetched).toBe(1);
});

test('two requests at once fetch once', async () => {
  const cache = await openContentCache(folder);
  await Promise.all([cache.obtain(digest, fetch), cache.obtain(digest, fetch)]);
  expect(fetched).toBe(1);
});

test.each([
  ['other bytes of the same size', (path: string) => writeFile(path, 'THE CONTENT')],
  ['a cut file', (path: string) => writeFile(path, 'the cont')],
  [
    'a link to somewhere else',
    async (path: string) => {
      await rm(path);
      await writeFile(`${path}.real`, content);
      await symlink(`${path}.real`, path);
    },
  ],
])('%s is fetched again', async (_name, damage) => {
  const cache = await openContentCache(folder);
  const path = await cache.obtain(digest, fetch);
  await damage(path);
  await cache.obtain(digest, fetch);
  expect(fetched).toBe(2);
  expect(await readFile(path)).toEqual(content);
});

test('a failed fetch is tried again by the next request', async () => {
  const cache = await openContentCache(folder);
  await expect(cache.obtain(digest, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await cache.obtain(digest, fetch);
  expect(fetched).toBe(1);
});

test('folders are 0755 whatever the umask, and those that were there stay as they are', async () => {
  await chmod(folder, 0o700);
  const old = process.umask(0o077);
  try {
    const path = await (await openContentCache(join(folder, 'new'))).obtain(digest, fetch);
    for (const made of [dirname(path), join(folder, 'new')]) {
      expect((await stat(made)).mode & 0o777).toBe(0o755);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(old);
  }
});

test('what a killed process left half-made is removed, what a living one writes is not', async () => {
  const path = await (await openContentCache(folder)).obtain(digest, fetch);
  const { pid: dead } = spawnSync('true');
  const orphan = join(dirname(path), `.x.abc.${dead}.part`);
  const living = join(dirname(path), `.x.abc.${process.pid}.part`);
  await Promise.all([writeFile(orphan, ''), writeFile(living, '')]);
  await openContentCache(folder);
  await expect(stat(orphan)).rejects.toMatchObject({ code: 'ENOENT' });
  await stat(living);
});
