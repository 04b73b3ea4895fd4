// Layers of an image on their way: several at once, each behind what has come of it when a connection breaks off. What is wrong is refused at
// once, and nothing of it stays.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import type { OciSource } from '../../../../variants/resolved.ts';
import { serveRoutes } from '../../../fetch/loopback.ts';
import { archiveOf, file } from '../../../image/tar/archive.ts';
import { chosenFrom } from './chosen.ts';
import { MadeImages, pinOf } from './made-image.ts';
import { type MadeRegistry, type RegistryHabits, serveRegistry } from './made-registry.ts';

type Exchange = Parameters<RequestListener>;

let folder: string;
let transport: Transport;
let server: MadeRegistry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-layers-'));
  transport = createTransport({ attempts: 3 });
});
afterEach(async () => {
  transport.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A registry with an image of so many layers, whose configuration says no time unless one is given. */
async function serve(
  count: number,
  habits: RegistryHabits,
  created: string | undefined = '2026-01-02T03:04:05Z',
): Promise<OciSource> {
  const images = new MadeImages();
  const tars = Array.from({ length: count }, (_, at) =>
    archiveOf([file(`layer-${at}`, randomBytes(40_000).toString('latin1'))]),
  );
  const pinned = pinOf(images.image(tars, { created }));
  server = await serveRegistry(images, {}, habits);
  return { kind: 'oci', image: { url: `${server.url}/library/name` }, tag: 'one', pinned };
}

const take = (source: OciSource) => chosenFrom(source, { cacheDir: join(folder, 'cache'), transport, onProgress });

/** The configuration is small, and comes first, alone. */
const isLayer = (bytes: Buffer) => bytes.length > 10_000;

/** Requests for layers that wait until `wanted` of them are there: fewer at once would wait for ever. */
function meeting(wanted: number) {
  const waiting: (() => void)[] = [];
  const seen = { most: 0 };
  let open = 0;
  const answerBlob = (bytes: Buffer, ...[, response]: Exchange) => {
    if (!isLayer(bytes)) return void response.end(bytes);
    open += 1;
    seen.most = Math.max(seen.most, open);
    waiting.push(() => {
      response.end(bytes);
      open -= 1;
    });
    if (waiting.length >= wanted) for (const answer of waiting.splice(0)) answer();
  };
  return { answerBlob, seen };
}

test.each([
  ['while they are fetched', '2026-01-02T03:04:05Z'],
  ['while the newest file is looked for', undefined],
])('the registry sees as many requests at once as there are connections %s', async (_, created) => {
  const { answerBlob, seen } = meeting(8);
  const chosen = await take(await serve(16, { answerBlob }, created));
  expect(chosen.seed).toHaveLength(17);
  expect(seen.most).toBe(8);
});

const startOf = (range = '') => Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);

/** Answers to break off once so many bytes of the layer have come. */
let breaking: { readonly at: number; readonly off: () => void }[];
beforeEach(() => {
  breaking = [];
});
function onProgress(done: number): void {
  const sum = breaking.reduce((bytes, { at }) => bytes + at, 0);
  if (done >= sum) for (const { off } of breaking.splice(0)) off();
}

/** Sends half of a layer, and breaks off when that has come. */
function half(bytes: Buffer, response: Exchange[1]): void {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1));
  breaking.push({ at: bytes.length >> 1, off: () => response.destroy() });
}

/** Knows ranges; breaks each answer off that begins at the beginning of a layer. */
function cutting(bytes: Buffer, ...[{ headers }, response]: Exchange): void {
  const start = startOf(headers.range);
  const told = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  if (start > 0) return void response.writeHead(206, told).end(bytes.subarray(start));
  if (isLayer(bytes)) half(bytes, response);
  else response.end(bytes);
}

test('a layer whose connection breaks off goes on behind what has come', async () => {
  const source = await serve(1, { answerBlob: cutting });
  const chosen = await take(source);
  for (const { digest } of chosen.seed)
    expect(readFileSync(chosen.files.get(digest.sha256) ?? '')).toHaveLength(digest.size);
  const layers = chosen.seed.filter(({ keptAs }) => keptAs === undefined);
  for (const { digest } of layers) {
    const asked = server.requests.filter(({ path }) => path.endsWith(`/blobs/sha256:${digest.sha256}`));
    expect(asked.map(({ headers }) => startOf(headers.range))).toEqual([0, digest.size >> 1]);
  }
});

test('a registry that answers a range with all of it is believed too', async () => {
  const asked = new Set<string>();
  const answerBlob = (bytes: Buffer, ...[request, response]: Exchange) => {
    const path = request.url ?? '';
    if (!isLayer(bytes) || asked.has(path)) return void response.end(bytes);
    asked.add(path);
    half(bytes, response);
  };
  const chosen = await take(await serve(1, { answerBlob }));
  expect(chosen.files.size).toBe(2);
  expect(server.requests.some(({ headers }) => startOf(headers.range) > 0)).toBe(true);
});

test('a token that has become too old meanwhile is got anew, and the layer goes on', async () => {
  const tokens = { given: 0, good: 0 };
  const answerBlob = (bytes: Buffer, ...exchange: Exchange) => {
    cutting(bytes, ...exchange);
    // With the connection the token ends.
    if (isLayer(bytes) && startOf(exchange[0].headers.range) === 0) tokens.good = 0;
  };
  const issue: RequestListener = (_request, response) => {
    tokens.given += 1;
    tokens.good = tokens.given;
    response.end(JSON.stringify({ token: `t${tokens.given}` }));
  };
  const place = await serveRoutes({ '/token': issue });
  try {
    const source = await serve(1, {
      answerBlob,
      challenge: () => `Bearer realm="${place.url}/token"`,
      accepts: (token) => token === `t${tokens.good}`,
    });
    await take(source);
    const layers = server.requests.flatMap(({ headers: { range } }) => (range === undefined ? [] : [startOf(range)]));
    expect(tokens.given).toBe(2);
    // Refused with the old token, sent with the new one.
    expect(layers).toHaveLength(2);
    expect(layers[0]).toBe(layers[1]);
  } finally {
    await place.close();
  }
});

test('what is in the cache counts as come', async () => {
  const source = await serve(3, {});
  const sums: number[][] = [];
  const watch = () =>
    chosenFrom(source, {
      cacheDir: join(folder, 'cache'),
      transport,
      onProgress: (done, total) => sums.push([done, total]),
    });
  const { seed, files } = await watch();
  const size = seed.reduce((sum, { digest }) => sum + digest.size, 0);
  expect(sums.at(-1)).toEqual([size, size]);
  rmSync(files.get(seed[1]?.digest.sha256 ?? '') ?? '');
  sums.splice(0);
  const asked = server.requests.length;
  await watch();
  expect(sums.at(-1)).toEqual([size, size]);
  expect(server.requests.slice(asked).filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1);
  sums.splice(0);
  await watch();
  expect(sums.at(-1)).toEqual([size, size]);
  expect(sums.map(([done]) => done)).toEqual([...sums.map(([done]) => done)].sort((a = 0, b = 0) => a - b));
});

test('a layer with other bytes is asked for once, the others are given up, and nothing stays', async () => {
  let wrong = '';
  const answerBlob = (bytes: Buffer, ...[request, response]: Exchange) => {
    if (!isLayer(bytes)) return void response.end(bytes);
    const path = request.url ?? '';
    if (wrong === '') wrong = path;
    if (path === wrong) return void response.end(Buffer.alloc(bytes.length));
    // The others never end.
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100));
  };
  const source = await serve(4, { answerBlob });
  await expect(take(source)).rejects.toMatchObject({ code: 'download-mismatch' });
  expect(server.requests.filter(({ path }) => path === wrong)).toHaveLength(1);
  const left = readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
});
