// Files of a server without a catalog: one that was put together of what does not go together is fetched anew, once.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchFiles } from '../../../client/upstream/fetch-files.ts';
import { parseServer } from '../../../client/verify/server-address.ts';
import { createTransport, type Transport } from '../../../fetch/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { type Loopback, serveRoutes } from '../../fetch/loopback.ts';

const body = randomBytes(300_000);
const half = body.length >> 1;
let folder: string;
let transport: Transport;
let server: Loopback;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-upstream-files-'));
  transport = createTransport({ attempts: 2 });
});
afterEach(async () => {
  transport.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** What was asked for, answer by answer. */
let ranges: string[];

/** From a server that sends half of another file first. */
async function fetchFrom(content: Buffer): Promise<void> {
  ranges = [];
  let breakOff: () => void = () => undefined;
  const answer: RequestListener = ({ headers }, response) => {
    ranges.push(headers.range ?? 'all');
    if (ranges.length === 1) {
      response.writeHead(200, { 'content-length': body.length }).write(Buffer.alloc(half));
      breakOff = () => response.destroy();
    } else if (headers.range === undefined) response.end(content);
    else {
      const told = { 'content-range': `bytes ${half}-${body.length - 1}/${body.length}` };
      response.writeHead(206, told).end(content.subarray(half));
    }
  };
  server = await serveRoutes({ '/b/rootfs.tar.xz': answer });
  const { size, sha256 } = digestOf(body);
  const file = { name: 'rootfs.tar.xz', path: 'b/rootfs.tar.xz', size, sha256, isOptional: false } as const;
  const { signal } = new AbortController();
  const onProgress = (_name: string, done: number) => {
    if (done === half) breakOff();
  };
  const fetching = {
    server: parseServer(server.url),
    transport,
    signal,
    now: new Date(),
    signer: undefined,
    onProgress,
  };
  await fetchFiles(folder, [file], fetching);
}

const asked = ['all', `bytes=${half}-${body.length - 1}`, 'all'];

test('halves of two files are not taken for one, and the right one is fetched', async () => {
  await fetchFrom(body);
  expect(ranges).toEqual(asked);
  expect(readFileSync(join(folder, 'rootfs.tar.xz')).equals(body)).toBe(true);
});

test('a file that is wrong then too is refused', async () => {
  await expect(fetchFrom(Buffer.alloc(body.length, 1))).rejects.toMatchObject({ code: 'download-mismatch' });
  expect(ranges).toEqual(asked);
});
