// Fetching through a real proxy on loopback, from an http and an https server that have a name for it: without one no proxy is asked.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createTransport, fetchBytes, fetchServerTime, loadCertificates, proxiesOf } from '../../../fetch/index.ts';
import { type CertifiedKey, makeAuthority, makeServerCertificate } from '../../../server/serve/certificates.ts';
import { type Loopback, serveRoutes } from '../loopback.ts';
import { type LoopbackProxy, type ProxyKind, startProxy } from '../loopback-proxy.ts';

let folder: string;
let authority: CertifiedKey;
let certified: { key: string; cert: string };
let plain: Loopback;
let secure: Loopback;
let proxy: LoopbackProxy | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-proxies-'));
  const now = new Date();
  authority = await makeAuthority(now);
  const { key, certificate } = await makeServerCertificate(authority, ['127.0.0.1', 'server.test'], now);
  certified = { key, cert: certificate };
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  const routes = { '/a': (_: unknown, response: { end(body: string): void }) => response.end('here') };
  plain = await serveRoutes(routes);
  secure = await serveRoutes(routes, certified);
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
afterAll(async () => {
  await Promise.all([plain.close(), secure.close()]);
  await rm(folder, { recursive: true });
});

/** A page of the server by the name that only the proxy knows. */
const named = ({ url }: Loopback) => `${url.replace('127.0.0.1', 'server.test')}/a`;
const start = async (kind: ProxyKind = {}) => (proxy = await startProxy(kind));

function fail(reason: unknown): never {
  throw reason;
}

async function get(url: string, environment: Record<string, string>, attempts = 1, files = [join(folder, 'ca.pem')]) {
  const certificates = await loadCertificates(files, {});
  const timeouts = { connect: 2000 };
  const transport = createTransport({ certificates, proxies: proxiesOf(environment), attempts, timeouts });
  try {
    const both = await Promise.allSettled([1, 2].map(() => fetchBytes(url, { transport, limit: 100 })));
    return both.map((each) => (each.status === 'fulfilled' ? String(each.value) : fail(each.reason))).join();
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error);
  } finally {
    transport.close();
  }
}

test('an https server is reached by a tunnel', async () => {
  const { authority, asked } = await start();
  expect(await get(named(secure), { https_proxy: authority })).toBe('here,here');
  expect(new Set(asked)).toEqual(new Set([`CONNECT ${new URL(named(secure)).host}`]));
});

test('an http server is asked for by its whole address', async () => {
  const { authority, asked } = await start();
  expect(await get(named(plain), { http_proxy: `http://${authority}` })).toBe('here,here');
  expect(new Set(asked)).toEqual(new Set([`GET ${named(plain)}`]));
});

test('the clock of a server is asked for in the same way', async () => {
  const { authority, asked } = await start();
  const transport = createTransport({ proxies: proxiesOf({ http_proxy: authority }), attempts: 1 });
  expect(await fetchServerTime(named(plain), { transport })).toBeInstanceOf(Date);
  transport.close();
  expect(asked).toEqual([`HEAD ${named(plain)}`]);
});

test('one tunnel serves many requests, and ends with the transport', async () => {
  const { authority: address, asked, tunnels } = await start();
  const proxies = proxiesOf({ https_proxy: address });
  const transport = createTransport({ certificates: [authority.certificate], proxies, connections: 1 });
  for (let i = 0; i < 5; i += 1) await fetchBytes(named(secure), { transport, limit: 10 });
  expect([asked.length, tunnels()]).toEqual([1, 1]);
  transport.close();
  await vi.waitFor(() => expect(tunnels()).toBe(0));
});

test('this machine is reached past it, by each of its names', async () => {
  const { authority, asked } = await start();
  for (const { url } of [plain, secure]) {
    expect(await get(`${url}/a`, { all_proxy: authority })).toBe('here,here');
  }
  expect(await get(`${plain.url.replace('127.0.0.1', 'localhost')}/a`, { all_proxy: authority })).toBe('here,here');
  expect(asked).toEqual([]);
});

test('no_proxy and the variable of the other protocol lead past it', async () => {
  const { authority, asked } = await start();
  // Past the proxy nobody knows the name.
  expect(await get(named(secure), { https_proxy: authority, no_proxy: 'test' })).toMatch(/^server-unreachable: /);
  expect(await get(named(plain), { https_proxy: authority })).toMatch(/^server-unreachable: /);
  expect(asked).toEqual([]);
});

test.each(['http', 'https'])('a proxy that wants a login gets it, for %s', async (protocol) => {
  const { authority } = await start({ login: 'me:p@ss' });
  const url = named(protocol === 'http' ? plain : secure);
  expect(await get(url, { all_proxy: `http://me:p%40ss@${authority}` })).toBe('here,here');
  expect(await get(url, { all_proxy: authority })).toBe(`proxy-login: the proxy http://${authority} wants a login`);
  const wrong = await get(url, { all_proxy: `http://me:secret@${authority}` });
  expect(wrong).toBe(`proxy-login: the proxy http://${authority} refuses the login`);
});

test('a proxy may speak TLS itself, and its certificate is verified', async () => {
  const { authority } = await start({ tls: certified });
  for (const server of [plain, secure]) {
    expect(await get(named(server), { all_proxy: `https://${authority}` })).toBe('here,here');
    expect(await get(named(server), { all_proxy: `https://${authority}` }, 1, [])).toMatch(
      /^proxy-failed: the proxy https:\S+ does not lead to the server: its certificate is not trusted \(/,
    );
  }
});

test('the certificate of the server is verified through a tunnel as without', async () => {
  const { authority } = await start();
  expect(await get(named(secure), { https_proxy: authority }, 1, [])).toMatch(/^server-not-trusted: /);
  await vi.waitFor(() => expect(proxy?.tunnels()).toBe(0));
});

test.each([403, 502])('an answer of %i to CONNECT is a refusal of the proxy', async (refuse) => {
  const { authority, asked } = await start({ refuse });
  expect(await get(named(secure), { https_proxy: authority }, 2)).toBe(
    `proxy-failed: the proxy http://${authority} does not lead to the server: it answered with status ${refuse}`,
  );
  // A gateway that fails is asked again.
  expect(asked).toHaveLength(refuse === 502 ? 4 : 2);
});

test.each([200, 302, 304])('what a proxy answers with %i is never taken for what the server says', async (refuse) => {
  const { authority } = await start({ refuse });
  const outcome = await get(named(secure), { https_proxy: authority });
  expect(outcome).toMatch(refuse === 200 ? /^server-unreachable: .* through the proxy / : /^proxy-failed: /);
});

test('a proxy that is not there is told, not the server', async () => {
  const { authority, close } = await startProxy();
  await close();
  for (const server of [plain, secure]) {
    expect(await get(named(server), { all_proxy: authority })).toBe(
      `proxy-failed: the proxy http://${authority} does not lead to the server: nothing listens there`,
    );
  }
});

test('a proxy that takes connections and says nothing is given up', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  expect(await get(named(secure), { https_proxy: `127.0.0.1:${port}` })).toMatch(
    /^proxy-failed: .*: it does not answer in time$/,
  );
  silent.close();
});

test('connections that may not lead to inner addresses take no proxy', async () => {
  const { authority, asked } = await start();
  const transport = createTransport({ proxies: proxiesOf({ http_proxy: authority }), attempts: 1 });
  const outer = transport.refusing(() => true);
  await expect(fetchBytes(named(plain), { transport: outer, limit: 10 })).rejects.toThrow('server.test');
  transport.close();
  expect(asked).toEqual([]);
});
