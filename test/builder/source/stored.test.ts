import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openContentCache } from '../../../builder/source/cache.ts';
import { withCaches, withUnusedCaches } from '../../../builder/source/cache-lock.ts';
import { noteFolderOf, packageCacheOf, privateCacheOf } from '../../../builder/source/fetched.ts';
import { lastFetched, noteFetched } from '../../../builder/source/seed/last-fetched.ts';
import { pruneStore, storeFiles, storeFolder } from '../../../builder/source/stored.ts';
import { digestOf } from '../../../keys/digest.ts';

let cacheDir: string;
const old = new Date('2026-01-02T03:04:05Z');
const never = new AbortController().signal;

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'cooper-stored-'));
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

/** A file of that text, last used long ago. */
async function put(directory: string, text: string): Promise<string> {
  const cache = await openContentCache(directory);
  const path = await cache.obtain(digestOf(Buffer.from(text)), async (to) => writeFileSync(to, text));
  utimesSync(path, old, old);
  return path;
}

const everything = <T>(files: readonly T[]): readonly T[] => files;

test('each kind of cache is told with its sizes and last use', async () => {
  await put(packageCacheOf(cacheDir), 'a package');
  await put(packageCacheOf(privateCacheOf(cacheDir)), 'a whole folder');
  await put(storeFolder(cacheDir, 'indices'), 'a list');
  await put(storeFolder(cacheDir, 'fetched'), 'a wheel');
  const files = await storeFiles(cacheDir, ['packages', 'private', 'indices', 'fetched']);
  expect(files.map(({ kind, bytes, used }) => [kind, bytes, used])).toEqual([
    ['packages', 9, old.getTime()],
    ['private', 14, old.getTime()],
    ['indices', 6, old.getTime()],
    ['fetched', 7, old.getTime()],
  ]);
});

test('what is no folder of the cache hides nothing, and no note goes where nobody can tell what is there', async () => {
  const directory = packageCacheOf(cacheDir);
  const path = await put(directory, 'a package');
  writeFileSync(join(directory, 'v1/sha256/.nfs0001'), '');
  expect((await storeFiles(cacheDir, ['packages'])).map((file) => file.path)).toEqual([path]);
  await noteFetched(cacheDir, 'https://example.org/a', digestOf(Buffer.from('a package')));
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  await pruneStore(cacheDir, ['packages'], everything);
  expect(readdirSync(noteFolderOf(cacheDir))).toHaveLength(1);
});

test('what is used counts as used now, and what is damaged does not stay for it', async () => {
  const directory = packageCacheOf(cacheDir);
  const paths = [await put(directory, 'found'), await put(directory, 'obtained')];
  const cache = await openContentCache(directory);
  await cache.find(digestOf(Buffer.from('found')).sha256);
  await cache.obtain(digestOf(Buffer.from('obtained')), () => Promise.reject(new Error('it is there')));
  const files = await storeFiles(cacheDir, ['packages']);
  expect(files.map(({ path }) => path).sort()).toEqual(paths.sort());
  for (const { used } of files) expect(Date.now() - used).toBeLessThan(60_000);
});

test('only files of the kinds that are meant leave, and those that are being written stay', async () => {
  const gone = await put(packageCacheOf(cacheDir), 'a package');
  const other = await put(storeFolder(cacheDir, 'fetched'), 'a wheel');
  const partial = join(gone, `../.x.${process.pid}.part`);
  writeFileSync(partial, 'half');
  const { removed, stayed } = await pruneStore(cacheDir, ['packages'], everything);
  expect([removed.map(({ path }) => path), stayed]).toEqual([[gone], []]);
  expect([gone, other, partial].map((path) => existsSync(path))).toEqual([false, true, true]);
});

test('notes leave with the archive that they are of, and no other does', async () => {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  for (const text of ['stays', 'leaves']) {
    await put(packageCacheOf(cacheDir), text);
    await noteFetched(cacheDir, `http://mirror.example/${text}`, digestOf(Buffer.from(text)));
    writeFileSync(join(cacheDir, 'seeds', `${digestOf(Buffer.from(text)).sha256}.content`), '1 4096\n');
  }
  const { sha256 } = digestOf(Buffer.from('leaves'));
  await pruneStore(cacheDir, ['packages'], (files) => files.filter((file) => file.sha256 === sha256));
  expect(readdirSync(join(cacheDir, 'seeds'))).toHaveLength(2);
  expect(await lastFetched(cacheDir, 'http://mirror.example/stays', cache)).toMatchObject({ digest: { size: 5 } });
  expect(await lastFetched(cacheDir, 'http://mirror.example/leaves', cache)).toBeUndefined();
});

test('nothing leaves while a run uses the caches, not even when another run has ended', async () => {
  const path = await put(packageCacheOf(cacheDir), 'a package');
  await withCaches(cacheDir, never, async () => {
    await withCaches(cacheDir, never, async () => undefined);
    const { removed, stayed } = await pruneStore(cacheDir, ['packages'], everything);
    expect([removed, stayed.map((file) => file.path)]).toEqual([[], [path]]);
  });
  expect(existsSync(path)).toBe(true);
  expect((await pruneStore(cacheDir, ['packages'], everything)).removed).toHaveLength(1);
});

/** A process of its own that has the caches until it is killed. */
async function holder(): Promise<ChildProcess> {
  const words = ['--shared', '--no-fork', join(cacheDir, 'builds.lock'), 'sh', '-c', 'echo held; exec sleep 600'];
  const child = spawn('flock', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout ?? child, 'data');
  return child;
}

test('the caches of a run that was killed are free', async () => {
  const path = await put(packageCacheOf(cacheDir), 'a package');
  const child = await holder();
  expect((await pruneStore(cacheDir, ['packages'], everything)).removed).toEqual([]);
  expect(existsSync(path)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await pruneStore(cacheDir, ['packages'], everything)).removed).toHaveLength(1);
});

test('a run waits until the caches have been made smaller, and can be stopped meanwhile', async () => {
  const stop = new AbortController();
  const order: string[] = [];
  await withCaches(cacheDir, never, async () => undefined);
  let run: Promise<unknown> = Promise.resolve();
  await withUnusedCaches(cacheDir, async () => {
    run = withCaches(cacheDir, never, async () => order.push('run'));
    const stopped = withCaches(cacheDir, stop.signal, async () => order.push('stopped run'));
    setTimeout(() => stop.abort(), 10);
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    order.push('smaller');
  });
  await run;
  expect(order).toEqual(['smaller', 'run']);
});

test('a home without caches has nothing, and none is made for that', async () => {
  const nowhere = join(cacheDir, 'home/cache');
  expect(await pruneStore(nowhere, ['packages', 'private'], everything)).toEqual({ removed: [], stayed: [] });
  expect(existsSync(nowhere)).toBe(false);
});

test('what lies in the way of a folder is no cache', async () => {
  mkdirSync(join(cacheDir, 'packages'), { recursive: true });
  writeFileSync(join(cacheDir, 'packages/v1'), '');
  expect(await storeFiles(cacheDir, ['packages'])).toEqual([]);
});
