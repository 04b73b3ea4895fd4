import { afterEach, expect, test } from 'vitest';
import { createTransport, fetchBytes } from '../../fetch/index.ts';
import { TokenBucket } from '../../fetch/rate.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

let server: Loopback | undefined;
afterEach(() => server?.close());

test('what comes after a silence need not wait, up to a quarter of a second of it', () => {
  const bucket = new TokenBucket(1000);
  expect(bucket.take(250, 5_000)).toBe(0);
  expect(bucket.take(100, 5_000)).toBe(100);
});

test('a silence of any length gives no more than that', () => {
  const bucket = new TokenBucket(1000);
  expect(bucket.take(1000, 0)).toBe(750);
  expect(bucket.take(1000, 3_600_000)).toBe(750);
});

test('several that take at once wait one behind the other', () => {
  const bucket = new TokenBucket(1000);
  bucket.take(250, 0);
  expect([500, 500, 500].map((bytes) => bucket.take(bytes, 0))).toEqual([500, 1000, 1500]);
});

test.each([1, 100, 65_536])('in pieces of %i bytes the rate is kept whatever the clock does between them', (piece) => {
  const rate = 50_000;
  const bucket = new TokenBucket(rate);
  let now = 0;
  let taken = 0;
  for (let at = 0; taken < 500_000 && at < 600_000; at += 1) {
    now += bucket.take(piece, now) + (at % 3);
    taken += piece;
  }
  // Never more than the rate and one burst of it.
  expect(taken).toBeLessThanOrEqual((now / 1000) * rate + 0.25 * rate + 1);
});

test('all connections of a transport share its rate', async () => {
  const body = Buffer.alloc(60_000, 'x');
  server = await serveRoutes({ '/a': (_request, response) => response.end(body) });
  const transport = createTransport({ rate: 200_000 });
  try {
    const begun = performance.now();
    const address = `${server.url}/a`;
    const works = [1, 2, 3, 4].map(() => fetchBytes(address, { transport, limit: body.length }));
    for (const bytes of await Promise.all(works)) expect(bytes.equals(body)).toBe(true);
    // 240 kB at 200 kB/s, of which 50 kB may come at once: 0.95 s. A timer fires a little early at most.
    expect(performance.now() - begun).toBeGreaterThan(900);
  } finally {
    transport.close();
  }
});

test('waiting for the rate is no stall of the server', async () => {
  const body = Buffer.alloc(20_000, 'x');
  server = await serveRoutes({ '/a': (_request, response) => response.end(body) });
  const transport = createTransport({ rate: 25_000, attempts: 1, timeouts: { idle: 200, answer: 200 } });
  try {
    expect(await fetchBytes(`${server.url}/a`, { transport, limit: body.length })).toHaveLength(body.length);
  } finally {
    transport.close();
  }
});

test('a run that is ended does not wait for the rate', async () => {
  server = await serveRoutes({ '/a': (_request, response) => response.end(Buffer.alloc(50_000)) });
  const transport = createTransport({ rate: 10 });
  const stop = new AbortController();
  const reason = new Error('enough');
  try {
    const work = fetchBytes(`${server.url}/a`, { transport, limit: 50_000, signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    await expect(work).rejects.toBe(reason);
  } finally {
    transport.close();
  }
});

test('no more connections are opened than were asked for', async () => {
  const sockets = new Set<unknown>();
  server = await serveRoutes({
    '/a': ({ socket }, response) => {
      sockets.add(socket);
      response.end('a');
    },
  });
  const transport = createTransport({ connections: 2 });
  try {
    const address = `${server.url}/a`;
    await Promise.all(Array.from({ length: 12 }, () => fetchBytes(address, { transport, limit: 10 })));
    expect(sockets.size).toBe(2);
  } finally {
    transport.close();
  }
});
