import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fetchImage } from '../../../client/fetch/image-files.ts';
import type { ChosenImage } from '../../../client/verify/images.ts';
import { createTransport, type Transport } from '../../../fetch/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { type Loopback, type Routes, serveRoutes } from '../../fetch/loopback.ts';

const rootfs = Buffer.from('the root file system');
const now = new Date();
const meta = Buffer.from('the metadata');
let cacheDir: string;
let transport: Transport;
let server: Loopback | undefined;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cooper-images-'));
  transport = createTransport();
});
afterEach(async () => {
  transport.close();
  await server?.close();
  await rm(cacheDir, { recursive: true });
});

/** What fetchImage looks at of an image chosen from a catalog. */
async function imageOn(routes: Routes): Promise<ChosenImage> {
  server = await serveRoutes(routes);
  const files = { 'rootfs.tar.xz': digestOf(rootfs), 'meta.tar.xz': digestOf(meta) };
  const publisher = { server: new URL(`${server.url}/`), transport };
  return { path: 'image/', contents: { files, rootfs: {} }, publisher } as unknown as ChosenImage;
}

it('a failed download ends the other one, which is not tried again', async () => {
  let begun: (response: ServerResponse) => void;
  const other = new Promise<ServerResponse>((resolve) => {
    begun = resolve;
  });
  let closed: Promise<unknown> = Promise.resolve();
  const image = await imageOn({
    '/image/rootfs.tar.xz': (_request, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(200).write(rootfs.subarray(0, 3));
      begun(response);
    },
    '/image/meta.tar.xz': (_request, response) => void other.then(() => response.writeHead(404).end()),
  });
  await expect(fetchImage(image, { cacheDir, now })).rejects.toMatchObject({ code: 'not-found-on-server' });
  await closed;
  expect(await readdir(cacheDir)).toEqual([]);
  expect(server?.asked.get('/image/rootfs.tar.xz')).toBe(1);
});

it('what a killed run left half-made is removed, what a living one writes is not', async () => {
  const { pid: dead } = spawnSync('true');
  await writeFile(join(cacheDir, `.x.tar.xz.abc.${dead}.part`), '');
  await writeFile(join(cacheDir, `.x.tar.xz.abc.${process.pid}.part`), '');
  const image = await imageOn({
    '/image/rootfs.tar.xz': (_request, response) => void response.end(rootfs),
    '/image/meta.tar.xz': (_request, response) => void response.end(meta),
  });
  await fetchImage(image, { cacheDir, now });
  expect((await readdir(cacheDir)).sort()).toEqual(
    [
      `.x.tar.xz.abc.${process.pid}.part`,
      `${digestOf(rootfs).sha256}.tar.xz`,
      `${digestOf(meta).sha256}.tar.xz`,
    ].sort(),
  );
});

it('a cached image is fetched anew only when the cache is to be flushed', async () => {
  const image = await imageOn({
    '/image/rootfs.tar.xz': (_request, response) => void response.end(rootfs),
    '/image/meta.tar.xz': (_request, response) => void response.end(meta),
  });
  await fetchImage(image, { cacheDir, now });
  await fetchImage(image, { cacheDir, now });
  expect(server?.asked.get('/image/rootfs.tar.xz')).toBe(1);
  await fetchImage(image, { cacheDir, now, flushCache: true });
  expect(server?.asked.get('/image/rootfs.tar.xz')).toBe(2);
});
