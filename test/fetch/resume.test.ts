// A large file whose size alone is known: it goes on where it was cut off, and is never taken for whole before it is.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTransport, fetchSize, forgetDownload, resumeDownload, type Transport } from '../../fetch/index.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const half = content.length >> 1;

/** Knows ranges, as every static server does. */
const ranged: RequestListener = (request, response) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const body = content.subarray(start);
  const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  response
    .writeHead(start === 0 ? 200 : 206, { 'content-length': body.length, ...(start === 0 ? {} : range) })
    .end(body);
};
/** Sends the first half and breaks off, the first time. */
function breaking(): RequestListener {
  let times = 0;
  return (request, response) => {
    times += 1;
    if (times > 1) return ranged(request, response);
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, half), () => response.destroy());
  };
}

let server: Loopback;
let transport: Transport;
let folder: string;
const to = () => join(folder, 'file');
const partial = () => join(folder, '.file.part');
const fetchPath = (path: string, size = content.length) =>
  resumeDownload(`${server.url}${path}`, { transport, to: to(), size });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-resume-'));
  server = await serveRoutes({
    '/ranged': ranged,
    '/plain': (_request, response) => response.writeHead(200, { 'content-length': content.length }).end(content),
    '/breaking': breaking(),
    '/whole-alone': (request, response) =>
      request.headers.range === undefined ? response.end(content) : response.writeHead(416).end(),
    '/short': (_request, response) => response.writeHead(200).end(content.subarray(0, half)),
    '/long': (_request, response) => response.writeHead(200).end(Buffer.concat([content, content])),
    '/moved': (_request, response) => response.writeHead(302, { location: '/ranged' }).end(),
    '/no-head': (request, response) => response.writeHead(request.method === 'HEAD' ? 405 : 200).end(),
    '/untold': (_request, response) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
  });
  transport = createTransport({ attempts: 2 });
});
afterEach(async () => {
  transport.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a download that can go on', () => {
  it('brings the whole file', async () => {
    expect(await fetchPath('/ranged')).toEqual({ resumed: 0, fetched: content.length, joined: false });
    expect(readFileSync(to()).equals(content)).toBe(true);
    expect(existsSync(partial())).toBe(false);
  });

  it('asks for what is missing after a connection that broke off', async () => {
    expect(await fetchPath('/breaking')).toEqual({ resumed: 0, fetched: content.length, joined: true });
    expect(readFileSync(to()).equals(content)).toBe(true);
  });

  it('goes on with what an earlier run has left', async () => {
    writeFileSync(partial(), content.subarray(0, half));
    expect(await fetchPath('/ranged')).toEqual({ resumed: half, fetched: content.length - half, joined: true });
    expect(readFileSync(to()).equals(content)).toBe(true);
  });

  it('takes the whole file from a server that knows no ranges', async () => {
    writeFileSync(partial(), content.subarray(0, half));
    expect(await fetchPath('/plain')).toEqual({ resumed: 0, fetched: content.length, joined: false });
    expect(readFileSync(to()).equals(content)).toBe(true);
  });

  it('takes the whole file from a server that cannot go on', async () => {
    writeFileSync(partial(), content.subarray(0, half));
    expect(await fetchPath('/whole-alone')).toEqual({ resumed: 0, fetched: content.length, joined: false });
    expect(readFileSync(to()).equals(content)).toBe(true);
    expect(server.asked.get('/whole-alone')).toBe(2);
  });

  it('fetches nothing when all was there', async () => {
    writeFileSync(partial(), content);
    expect(await fetchPath('/ranged')).toEqual({ resumed: content.length, fetched: 0, joined: true });
    expect(server.asked.size).toBe(0);
  });

  it('throws away what is longer than the file', async () => {
    writeFileSync(partial(), Buffer.concat([content, content]));
    expect(await fetchPath('/ranged')).toEqual({ resumed: 0, fetched: content.length, joined: false });
    expect(readFileSync(to()).equals(content)).toBe(true);
  });

  it.each([
    ['/short', 'download-mismatch'],
    ['/long', 'download-too-large'],
    ['/none', 'not-found-on-server'],
  ])('is not there after %s', async (path, code) => {
    await expect(fetchPath(path)).rejects.toMatchObject({ code });
    expect(existsSync(to())).toBe(false);
  });

  it('keeps what has come for the next time, until it is forgotten', async () => {
    await expect(fetchPath('/short')).rejects.toThrow();
    expect(statSync(partial()).size).toBe(half);
    await forgetDownload(to());
    expect(existsSync(partial())).toBe(false);
  });
});

describe('the size of a file', () => {
  it.each([
    ['/ranged', content.length],
    ['/moved', content.length],
    ['/no-head', undefined],
    ['/untold', undefined],
  ])('of %s is %s', async (path, size) => {
    expect(await fetchSize(`${server.url}${path}`, { transport })).toBe(size);
  });

  it('is not that of a file that is not there', async () => {
    await expect(fetchSize(`${server.url}/none`, { transport })).rejects.toMatchObject({ code: 'not-found-on-server' });
  });
});
