import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeImage, useImage } from '../../../client/cache/image-use.ts';
import type { ChosenImage } from '../../../client/verify/images.ts';
import { digestOf, sha256Of } from '../../../keys/digest.ts';

const manifest = digestOf(Buffer.from('image.json'));
const bytes = Buffer.from('an archive');
const files = { 'meta.tar.xz': digestOf(bytes), 'rootfs.tar.xz': digestOf(bytes) };
const image = { manifest, contents: { files } } as unknown as Pick<ChosenImage, 'manifest' | 'contents'>;
let cacheDir: string;
let waits: number;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cooper-use-'));
  waits = 0;
});
afterEach(() => rm(cacheDir, { recursive: true }));

const signal = new AbortController().signal;
const onWait = () => {
  waits += 1;
};
const use = (change = {}) => useImage(image, { cacheDir, signal, onWait, ...change });
const arrive = () => writeFile(join(cacheDir, `${sha256Of(bytes)}.tar.xz`), bytes);

it('an image that is not here is had by one alone, who is waited for; then both read it', async () => {
  const first = await use();
  const second = use();
  await expect.poll(() => waits).toBe(1);
  await arrive();
  await first.share(signal);
  const both = [first, await second];
  expect(await takeImage(cacheDir, manifest.sha256)).toBeUndefined();
  for (const each of both) await each.end();
  expect(waits).toBe(1);
});

it('an image that is here is read by any number at once, and fetched anew by one alone', async () => {
  await arrive();
  const readers = await Promise.all([use(), use(), use()]);
  const anew = use({ flushCache: true });
  await expect.poll(() => waits).toBe(1);
  for (const reader of readers) await reader.end();
  await (await anew).end();
});

it('the image of a run that is killed is free', async () => {
  await (await use()).end();
  const lock = join(cacheDir, 'locks', manifest.sha256);
  const holder = spawn('flock', ['--exclusive', '--no-fork', lock, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  holder.stdin.write('locked');
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const next = use();
  await expect.poll(() => waits).toBe(1);
  holder.kill('SIGKILL');
  await (await next).end();
});

it('whoever is stopped waits no longer', async () => {
  const first = await use();
  const stop = new AbortController();
  const second = use({ signal: stop.signal });
  await expect.poll(() => waits).toBe(1);
  stop.abort(new Error('stopped'));
  await expect(second).rejects.toThrow();
  await first.end();
});

it('who waits for an image that is removed has it anew', async () => {
  const first = await takeImage(cacheDir, manifest.sha256);
  const second = use();
  await expect.poll(() => waits).toBe(1);
  await first?.remove();
  const taken = await second;
  expect(await readdir(join(cacheDir, 'locks'))).toEqual([manifest.sha256]);
  await taken.end();
});

it('where no lock can be made it is done without', async () => {
  const folder = join(cacheDir, 'file');
  await writeFile(folder, '');
  const nowhere = await use({ cacheDir: folder });
  await nowhere.share(signal);
  await nowhere.end();
  expect(await takeImage(folder, manifest.sha256)).toBeUndefined();
});
