// A file whose digest is known goes on behind what has come when the connection breaks off; one that is wrong is not asked for again.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTransport, download, fetchBytes, type Transport } from '../../fetch/index.ts';
import { fetchRest, Gap } from '../../fetch/rest.ts';
import { digestOf } from '../../keys/digest.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

type Exchange = Parameters<RequestListener>;

const body = randomBytes(300_000);
const digest = digestOf(body);
let folder: string;
let transport: Transport;
const servers: Loopback[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-rest-'));
  transport = createTransport({ timeouts: { connect: 500, idle: 300 }, attempts: 2 });
});
afterEach(async () => {
  transport.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

/** What was asked for, as bytes of the file. */
const startOf = (range: string | undefined) => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);

/** Bytes that have come to the client. */
let come: { readonly reach: (bytes: number) => void; readonly whenAt: (bytes: number, then: () => void) => void };
beforeEach(() => {
  let waiting: { readonly bytes: number; readonly then: () => void }[] = [];
  come = {
    whenAt: (bytes, then) => waiting.push({ bytes, then }),
    reach: (bytes) => {
      const due = waiting.filter((each) => each.bytes <= bytes);
      waiting = waiting.filter((each) => each.bytes > bytes);
      for (const { then } of due) then();
    },
  };
});

/** Sends `each` bytes an answer and breaks off when they have come, with ranges or without. */
function breaking(each: number, ranges: string[], { content = body, knowsRanges = true } = {}): RequestListener {
  return ({ headers }, response) => {
    ranges.push(headers.range ?? 'all');
    const start = knowsRanges ? startOf(headers.range) : 0;
    const told = `bytes ${start}-${content.length - 1}/${content.length}`;
    const length = { 'content-length': content.length - start };
    response.writeHead(start === 0 ? 200 : 206, start === 0 ? length : { ...length, 'content-range': told });
    const part = content.subarray(start, start + each);
    response.write(part);
    if (start + part.length === content.length) return void response.end();
    come.whenAt(start + part.length, () => response.destroy());
  };
}

async function fetchFrom(listener: RequestListener): Promise<{ readonly progress: readonly number[] }> {
  const server = await serveRoutes({ '/a': listener });
  servers.push(server);
  const progress: number[] = [];
  const onProgress = (bytes: number) => {
    progress.push(bytes);
    come.reach(bytes);
  };
  await download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest, onProgress });
  return { progress };
}

describe('a connection that breaks off', () => {
  test('costs what was under way alone, more often than there are attempts', async () => {
    const ranges: string[] = [];
    const { progress } = await fetchFrom(breaking(60_000, ranges));
    expect(readFileSync(join(folder, 'a')).equals(body)).toBe(true);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(ranges[0]).toBe('all');
    expect(ranges.map(startOf)).toEqual([0, 60_000, 120_000, 180_000, 240_000]);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test('behind the last byte is no failure', async () => {
    const kept: Buffer[] = [];
    const growing = { write: async (chunk: Buffer) => kept.push(chunk), clear: async () => kept.splice(0) };
    const gap = new Gap(growing, 0);
    await gap.take(body);
    const nobody = 'http://127.0.0.1:1/a';
    await fetchRest(nobody, gap, { transport, signal: undefined, size: body.length, limit: body.length });
    expect(Buffer.concat(kept).equals(body)).toBe(true);
  });

  test('begins anew at a server that knows no ranges, as often as there are attempts', async () => {
    const ranges: string[] = [];
    let times = 0;
    const whole: RequestListener = (_request, response) => response.end(body);
    const cut = breaking(100_000, ranges, { knowsRanges: false });
    await fetchFrom((request, response) => (++times === 1 ? cut : whole)(request, response));
    expect(readFileSync(join(folder, 'a')).equals(body)).toBe(true);
    await expect(fetchFrom(cut)).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(ranges).toHaveLength(3);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('and other bytes behind it are fetched anew, once, and nothing of them stays', async () => {
    const ranges: string[] = [];
    const other = Buffer.concat([body.subarray(0, 200_000), Buffer.alloc(100_000)]);
    const cut = breaking(150_000, ranges);
    const rest = breaking(body.length, ranges, { content: other });
    const wrong: RequestListener = (request, response) => (ranges.length === 0 ? cut : rest)(request, response);
    await expect(fetchFrom(wrong)).rejects.toMatchObject({ code: 'download-mismatch' });
    expect(ranges).toEqual(['all', `bytes=150000-${body.length - 1}`, 'all']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of another file, and the right rest behind it, is fetched anew', async () => {
    const ranges: string[] = [];
    const cut = breaking(100_000, ranges, { content: Buffer.alloc(body.length) });
    const rest = breaking(body.length, ranges);
    await fetchFrom((request, response) => (ranges.length === 0 ? cut : rest)(request, response));
    expect(readFileSync(join(folder, 'a')).equals(body)).toBe(true);
    expect(ranges.map(startOf)).toEqual([0, 100_000, 0]);
  });

  test('while it is fetched anew is gone on with, and not doubted again', async () => {
    const ranges: string[] = [];
    const other = breaking(100_000, ranges, { content: Buffer.alloc(body.length) });
    const cut = breaking(200_000, ranges);
    const right = (...exchange: Exchange) => (ranges.length === 0 ? other : cut)(...exchange);
    await fetchFrom(right);
    expect(ranges.map(startOf)).toEqual([0, 100_000, 0, 200_000]);
    ranges.splice(0);
    const turns: RequestListener = (request, response) => (ranges.length % 2 === 0 ? other : cut)(request, response);
    await expect(fetchFrom(turns)).rejects.toMatchObject({ code: 'download-mismatch' });
    expect(ranges.map(startOf)).toEqual([0, 100_000, 0, 100_000]);
  });

  test.each([
    ['another part', { 'content-range': `bytes 0-${body.length - 1}/${body.length}` }, 206, body],
    ['a part without its place', {}, 206, body],
    ['the word that the file ends before', {}, 416, body],
    ['too few bytes', {}, 200, body.subarray(0, 10)],
  ])('and %s behind it have all of it fetched anew', async (_, headers, status, sent) => {
    const ranges: string[] = [];
    const cut = breaking(100_000, ranges);
    const listener: RequestListener = (request, response) => {
      if (ranges.length === 0) return cut(request, response);
      ranges.push(request.headers.range ?? 'all');
      if (request.headers.range === undefined) return void response.end(body);
      response.writeHead(status, { ...headers, 'content-length': sent.length }).end(sent);
    };
    await fetchFrom(listener);
    expect(ranges.map(startOf)).toEqual([0, 100_000, 0]);
    expect(readFileSync(join(folder, 'a')).equals(body)).toBe(true);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('after a few bytes each time is not asked for all of them', async () => {
    const ranges: string[] = [];
    await expect(fetchFrom(breaking(1, ranges))).rejects.toMatchObject({ code: 'server-unreachable' });
    expect(ranges.map(startOf)).toEqual([0, 1]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('begins anew where only a limit is known, also when nothing comes then', async () => {
    let times = 0;
    const cut = breaking(100_000, []);
    const server = await serveRoutes({
      '/a': (request, response) => (++times === 1 ? cut(request, response) : void response.end()),
    });
    servers.push(server);
    const onProgress = (bytes: number) => come.reach(bytes);
    const request = { transport, to: join(folder, 'a'), limit: 1_000_000, onProgress };
    const found = await download(`${server.url}/a`, request);
    expect(found).toEqual(digestOf(Buffer.alloc(0)));
    expect(readFileSync(join(folder, 'a'))).toHaveLength(0);
  });

  test('an empty file is one all the same', async () => {
    const server = await serveRoutes({ '/a': (_request, response) => response.end() });
    servers.push(server);
    const empty = digestOf(Buffer.alloc(0));
    await download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest: empty });
    expect(server.asked.get('/a')).toBe(1);
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

test('what a redirect has in its query is in no message', async () => {
  const server = await serveRoutes({
    '/a': (_request, response) => response.writeHead(307, { location: '/b?signature=secret' }).end(),
    '/b?signature=secret': (_request, response) => response.writeHead(403).end(),
    '/c': (_request, response) => response.writeHead(307, { location: '/d?signature=secret' }).end(),
    '/d?signature=secret': (_request, response) => response.writeHead(302, { location: 'file:///x' }).end(),
  });
  servers.push(server);
  for (const path of ['/a', '/c']) {
    const failed = await fetchBytes(`${server.url}${path}`, { transport, limit: 10 }).catch((error: Error) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(String((failed as Error).stack)).not.toContain('secret');
  }
});
