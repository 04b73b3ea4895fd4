import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTransport, download, fetchBytes, type Transport } from '../../fetch/index.ts';
import { digestOf } from '../../keys/digest.ts';
import { type Loopback, type Routes, serveRoutes } from './loopback.ts';

const body = randomBytes(300_000);
const digest = digestOf(body);
let folder: string;
let transport: Transport;
const servers: Loopback[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-fetch-'));
  transport = createTransport({ timeouts: { connect: 500, idle: 300 }, attempts: 3 });
});

afterEach(async () => {
  transport.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(folder, { recursive: true });
});

async function serve(routes: Routes): Promise<Loopback> {
  const server = await serveRoutes(routes);
  servers.push(server);
  return server;
}

const send: Routes[string] = (_request, response) => response.end(body);

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  return work.then(
    () => ({ code: 'nothing failed', message: '' }),
    (error) => error,
  );
}

test('a download is whole, has its mode whatever the umask, and nothing else stays', async () => {
  const server = await serve({ '/a': send });
  const old = process.umask(0o077);
  try {
    await download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest });
  } finally {
    process.umask(old);
  }
  expect(await readFile(join(folder, 'a'))).toEqual(body);
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o644);
  expect(await readdir(folder)).toEqual(['a']);
});

test('progress ends at the size of the file', async () => {
  const server = await serve({ '/a': send });
  const seen: number[] = [];
  await download(`${server.url}/a`, {
    transport,
    to: join(folder, 'a'),
    digest,
    onProgress: (bytes) => seen.push(bytes),
  });
  expect(seen.at(-1)).toBe(body.length);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test.each([
  ['a declared size above the limit', (size: number) => ({ 'content-length': String(size) })],
  ['an undeclared size above the limit', () => ({})],
])('%s is refused as download-too-large and leaves nothing', async (_name, headers) => {
  const server = await serve({
    '/a': (_request, response) => response.writeHead(200, headers(body.length)).end(body),
  });
  const to = join(folder, 'a');
  const thrown = await failure(
    download(`${server.url}/a`, { transport, to, digest: { ...digest, size: body.length - 1 } }),
  );
  expect(thrown.code).toBe('download-too-large');
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is too short is a mismatch, is not asked for again and leaves the old file', async () => {
  const server = await serve({ '/a': (_request, response) => response.end(body.subarray(1)) });
  await writeFile(join(folder, 'a'), 'old');
  const thrown = await failure(download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest }));
  expect(thrown.code).toBe('download-mismatch');
  expect(server.asked.get('/a')).toBe(1);
  expect(await readdir(folder)).toEqual(['a']);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old');
});

test('other bytes of the right size are a mismatch', async () => {
  const other = Buffer.from(body);
  other.writeUInt8(other.readUInt8(5) ^ 1, 5);
  const server = await serve({ '/a': (_request, response) => response.end(other) });
  const thrown = await failure(download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest }));
  expect(thrown.code).toBe('download-mismatch');
  expect(await readdir(folder)).toEqual([]);
});

test('a connection that breaks off is tried again', async () => {
  let times = 0;
  const server = await serve({
    '/a': (_request, response) => {
      times += 1;
      if (times < 3) {
        response.writeHead(200, { 'content-length': String(body.length) });
        response.write(body.subarray(0, 1000), () => response.destroy());
        return;
      }
      response.end(body);
    },
  });
  await download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest });
  expect(times).toBe(3);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a busy server is tried as often as allowed and is then unreachable', async () => {
  const server = await serve({ '/a': (_request, response) => response.writeHead(503).end() });
  const thrown = await failure(fetchBytes(`${server.url}/a`, { transport, limit: 10 }));
  expect(thrown.code).toBe('server-unreachable');
  expect(thrown.message).toContain('503');
  expect(server.asked.get('/a')).toBe(3);
});

test('a missing file is not-found-on-server at once', async () => {
  const server = await serve({});
  const thrown = await failure(fetchBytes(`${server.url}/a`, { transport, limit: 10 }));
  expect(thrown.code).toBe('not-found-on-server');
  expect(thrown.message).toContain(`${server.url}/a`);
  expect(server.asked.get('/a')).toBe(1);
});

test('a refusal of the server has its own code', async () => {
  const server = await serve({ '/a': (_request, response) => response.writeHead(403).end() });
  expect((await failure(fetchBytes(`${server.url}/a`, { transport, limit: 10 }))).code).toBe('refused-by-server');
});

test('a port where nothing listens is server-unreachable and names the URL', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  const url = `http://127.0.0.1:${port}/a`;
  const thrown = await failure(fetchBytes(url, { transport, limit: 10 }));
  expect(thrown.code).toBe('server-unreachable');
  expect(thrown.message).toContain(url);
});

test('a host name that does not exist is server-unreachable', async () => {
  const thrown = await failure(fetchBytes('http://nowhere.invalid/a', { transport, limit: 10 }));
  expect(thrown.code).toBe('server-unreachable');
});

test.each([
  ['before the answer', 0],
  ['in the middle of it', 1000],
])('a server that stalls %s is given up', async (_name, bytes) => {
  const server = await serve({
    '/a': (_request, response) => {
      if (bytes > 0) {
        response.writeHead(200, { 'content-length': String(body.length) });
        response.write(body.subarray(0, bytes));
      }
    },
  });
  const thrown = await failure(download(`${server.url}/a`, { transport, to: join(folder, 'a'), digest }));
  expect(thrown.code).toBe('server-unreachable');
  expect(await readdir(folder)).toEqual([]);
});

test('a server that drips is given up when the time for the size is over', async () => {
  const dripping = createTransport({ timeouts: { idle: 5_000, answer: 300 }, attempts: 1 });
  const timers: NodeJS.Timeout[] = [];
  const server = await serve({
    '/a': (_request, response) => {
      timers.push(setInterval(() => response.write('x'), 20));
    },
  });
  const thrown = await failure(fetchBytes(`${server.url}/a`, { transport: dripping, limit: 400 }));
  timers.map(clearInterval);
  dripping.close();
  expect(thrown.code).toBe('server-unreachable');
});

test('an abort ends the download with its own reason and leaves nothing', async () => {
  const controller = new AbortController();
  const server = await serve({
    '/a': (_request, response) => {
      response.writeHead(200, { 'content-length': String(body.length) });
      response.write(body.subarray(0, 1000));
    },
  });
  const reason = new Error('enough');
  const thrown = await failure(
    download(`${server.url}/a`, {
      transport,
      to: join(folder, 'a'),
      digest,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    }),
  );
  expect(thrown).toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});

test('a signal that is already aborted asks nothing of the server', async () => {
  const server = await serve({ '/a': send });
  const reason = new Error('never');
  const thrown = await failure(
    fetchBytes(`${server.url}/a`, { transport, limit: 10, signal: AbortSignal.abort(reason) }),
  );
  expect(thrown).toBe(reason);
  expect(server.asked.size).toBe(0);
});

test('bytes are asked for as they are, without compression', async () => {
  const encodings: unknown[] = [];
  const server = await serve({
    '/a': (request, response) => {
      encodings.push(request.headers['accept-encoding']);
      response.end('plain');
    },
  });
  await fetchBytes(`${server.url}/a`, { transport, limit: 10 });
  expect(encodings).toEqual(['identity']);
});

test('never more than the allowed connections are open at once', async () => {
  const open: (() => void)[] = [];
  let most = 0;
  const server = await serve({
    // Nobody is answered before two wait, so the test hangs when there is less than two at once.
    '/a': (_request, response) => {
      open.push(() => response.end('x'));
      most = Math.max(most, open.length);
      if (open.length >= 2) {
        setImmediate(() => {
          for (const answer of open.splice(0)) {
            answer();
          }
        });
      }
    },
  });
  const two = createTransport({ connections: 2 });
  await Promise.all(Array.from({ length: 20 }, () => fetchBytes(`${server.url}/a`, { transport: two, limit: 10 })));
  two.close();
  expect(most).toBe(2);
});
