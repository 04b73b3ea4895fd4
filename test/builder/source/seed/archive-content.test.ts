// What is known of archives before they are unpacked. GNU tar has made them, and du says what they take in memory.

import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LayerPlan } from '../../../../builder/plan/layers.ts';
import { bytesOfRoots, placeRoots } from '../../../../builder/root-place.ts';
import { openContentCache } from '../../../../builder/source/cache.ts';
import { packageCacheOf } from '../../../../builder/source/fetched.ts';
import type { SourceContext } from '../../../../builder/source/kind.ts';
import { measureLayers, newestTime } from '../../../../builder/source/seed/archive-content.ts';
import { CooperError } from '../../../../errors/index.ts';
import { createTransport } from '../../../../fetch/index.ts';
import { digestOf, type FileDigest } from '../../../../keys/index.ts';

const mebibyte = 2 ** 20;
let folder: string;
let context: SourceContext;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-archive-content-'));
  mkdirSync(join(folder, 'tree'));
  const { signal } = new AbortController();
  context = { cacheDir: join(folder, 'cache'), transport: createTransport(), signal, now: new Date() };
});
afterEach(() => {
  context.transport.close();
  rmSync(folder, { recursive: true });
});

const pathOf = ({ sha256 }: FileDigest) => join(folder, 'cache/packages/v1/sha256', sha256.slice(0, 2), sha256);

/** Puts a file into the cache. */
async function keep(bytes: Buffer): Promise<FileDigest> {
  const cache = await openContentCache(packageCacheOf(context.cacheDir));
  const digest = digestOf(bytes);
  await cache.obtain(digest, async (to) => writeFileSync(to, bytes));
  return digest;
}

function pack(...words: string[]): Promise<FileDigest> {
  execFileSync('tar', ['-C', join(folder, 'tree'), ...words, '-cf', join(folder, 'packed'), '.']);
  return keep(readFileSync(join(folder, 'packed')));
}

function layer(...digests: readonly FileDigest[]): LayerPlan {
  const seed = digests.map((digest) => ({ name: 'a seed', digest }));
  return { key: '', variant: 'default', seed, added: [], packages: [], files: [], actions: [] };
}

const measure = async (digest: FileDigest) => (await measureLayers([layer(digest)], context)).get(digest.sha256) ?? 0;

test('an archive is known to take at least what it takes in a tmpfs, and not many times as much', async () => {
  const tree = join(folder, 'tree');
  for (let i = 0; i < 300; i += 1) writeFileSync(join(tree, `file${i}`), 'x'.repeat(i * 50));
  linkSync(join(tree, 'file299'), join(tree, 'hard'));
  symlinkSync('a'.repeat(200), join(tree, 'soft'));
  mkdirSync(join(tree, 'empty'));
  const digest = await pack('-z');
  const shm = mkdtempSync('/dev/shm/cooper-archive-content-');
  try {
    execFileSync('tar', ['-C', shm, '-xf', join(folder, 'packed')]);
    const taken = Number.parseInt(execFileSync('du', ['-s', '-B1', shm], { encoding: 'utf8' }), 10);
    const bytes = await measure(digest);
    expect(bytes).toBeGreaterThanOrEqual(taken);
    expect(bytes).toBeLessThan(2 * taken);
  } finally {
    rmSync(shm, { recursive: true });
  }
});

test('a seed that becomes a thousand times what it was lies on disk, where five times would have had room in memory', async () => {
  writeFileSync(join(folder, 'tree/zeros'), '');
  truncateSync(join(folder, 'tree/zeros'), 400 * mebibyte);
  const digest = await pack('-z');
  const measured = await measureLayers([layer(digest)], context);
  expect(measured.get(digest.sha256)).toBeGreaterThanOrEqual(400 * mebibyte);
  const trees = [{ layer: layer(digest), above: [] }];
  const machine = [{ name: 'free space in /dev/shm', bytes: 400 * mebibyte }];
  expect(placeRoots(bytesOfRoots(trees, 'auto'), machine)).toMatchObject({ place: 'memory' });
  expect(placeRoots(bytesOfRoots(trees, 'auto', measured), machine)).toMatchObject({ place: 'disk' });
});

test('many empty files take the nodes that a tmpfs gives to so many bytes', async () => {
  for (let i = 0; i < 1000; i += 1) writeFileSync(join(folder, `tree/${i}`), '');
  expect(await measure(await pack('-z'))).toBeGreaterThanOrEqual(1000 * 8192);
});

test('an archive is read once: its time and size are noted', async () => {
  writeFileSync(join(folder, 'tree/old'), 'x'.repeat(5000));
  const digest = await pack('--mtime=@1700000000');
  expect(await newestTime({ digest }, context)).toBe(1_700_000_000);
  rmSync(pathOf(digest));
  expect(await newestTime({ digest }, context)).toBe(1_700_000_000);
  expect(await measure(digest)).toBeGreaterThanOrEqual(8192);
});

test('a time to come is not believed, and a damaged note is not either', async () => {
  writeFileSync(join(folder, 'tree/new'), 'x');
  const digest = await pack('--mtime=@9000000000');
  const now = Math.floor(context.now.getTime() / 1000);
  expect(await newestTime({ digest }, context)).toBe(now);
  writeFileSync(join(folder, 'cache/seeds', `${digest.sha256}.content`), '12\n');
  expect(await measure(digest)).toBeLessThan(mebibyte);
});

test('what cannot be read to its end counts as much as it may become', async () => {
  writeFileSync(join(folder, 'tree/file'), 'x'.repeat(100_000));
  const whole = readFileSync(pathOf(await pack()));
  expect(await measure(await keep(whole.subarray(0, whole.length >> 1)))).toBe(2 ** 30);
  const digest = await keep(whole.subarray(0, whole.length >> 1));
  await expect(newestTime({ digest }, context)).rejects.toMatchObject({ code: 'archive-corrupt' });
});

test('a run that is stopped measures no further', async () => {
  const digest = await pack('-z');
  const reason = new CooperError('interrupted', { what: 'stopped' });
  const stopped = { ...context, signal: AbortSignal.abort(reason) };
  await expect(measureLayers([layer(digest)], stopped)).rejects.toBe(reason);
});
