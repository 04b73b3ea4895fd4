// The proxy and its library against real servers on loopback, http and https, spoken to as its clients inside do.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Library, type LibraryOptions } from '../../../builder/network/library.ts';
import { createProxy, type ProxyOptions } from '../../../builder/network/proxy.ts';
import type { Upstream } from '../../../builder/network/upstreams.ts';
import { createTransport, type Transport } from '../../../fetch/index.ts';
import { digestOf } from '../../../keys/digest.ts';
import { type CertifiedKey, makeAuthority, makeServerCertificate } from '../../../server/serve/certificates.ts';
import { type Loopback, type Routes, serveRoutes } from '../../fetch/loopback.ts';

interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly location: string | undefined;
  readonly interim: number;
  readonly body: string;
}

let authority: CertifiedKey;
let certified: CertifiedKey;
let folder: string;
let upstreamServer: Loopback;
let secureServer: Loopback;
let otherServer: Loopback;
let transport: Transport;
let transported: Transport;
let proxy: Server | undefined;
let notices: string[];

const big = Buffer.alloc(300_000, 'cooper ');
let counter = 0;
const routes: Routes = {
  '/a/file': (_, response) => response.writeHead(200, { 'content-type': 'text/x-test' }).end('some text'),
  '/a/big': (_, response) => response.end(big),
  '/a/changing': (_, response) => response.end(`answer ${++counter}`),
  '/a/lies': (_, response) => response.writeHead(200, { 'content-length': 400_000 }).end('x'.repeat(400_000)),
  '/a/broken': (_, response) => response.writeHead(500).end(),
  '/a/slow': (_, response) => setTimeout(() => response.end('late'), 300),
  '/a/moved': (_, response) => response.writeHead(302, { location: '/a/file' }).end(),
  '/a/folder': (_, response) => response.writeHead(301, { location: '/a/folder/' }).end(),
  '/a/folder/': (_, response) => response.end('a listing'),
  '/a/out': (_, response) => response.writeHead(302, { location: '/b/secret' }).end(),
  '/a/away': (_, response) => response.writeHead(302, { location: `${otherServer.url}/a/file` }).end(),
  '/b/secret': (_, response) => response.end('secret'),
};

beforeAll(async () => {
  const now = new Date();
  authority = await makeAuthority(now);
  certified = await makeServerCertificate(authority, ['localhost', '127.0.0.1'], now);
  const chain = { key: certified.key, cert: certified.certificate };
  [upstreamServer, secureServer, otherServer] = await Promise.all([
    serveRoutes(routes),
    serveRoutes(routes, chain),
    serveRoutes(routes),
  ]);
  transport = createTransport({ certificates: [authority.certificate], attempts: 1 });
  transported = createTransport({ attempts: 1 });
});
afterAll(async () => {
  transport.close();
  transported.close();
  await Promise.all([upstreamServer, secureServer, otherServer].map((server) => server.close()));
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-proxy-'));
  notices = [];
});
afterEach(() => {
  proxy?.closeAllConnections();
  proxy?.close();
  rmSync(folder, { recursive: true });
});

const upstreams = (inner = true): Upstream[] => [
  { name: 'plain', url: `${upstreamServer.url}/a`, base: `${upstreamServer.url}/a`, inner },
  { name: 'secure', url: `${secureServer.url}/a`, base: `${secureServer.url}/a`, inner },
  { name: 'named', url: 'http://archive.example/debian', base: `${upstreamServer.url}/a`, inner },
];

/** Starts a proxy; returns its library. */
async function open(
  more: Partial<LibraryOptions & ProxyOptions> = {},
  listed: readonly Upstream[] = upstreams(),
): Promise<Library> {
  const { signal } = new AbortController();
  const options = { cacheDir: folder, transport, upstreams: listed, limit: 1_000_000, signal, ...more };
  const library = await Library.open(options);
  const running = createProxy({ ...options, library, notice: (message) => notices.push(message) });
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve));
  proxy = running;
  return library;
}

const proxyPort = () => (proxy?.address() as AddressInfo | undefined)?.port ?? 0;

function ask(target: string, method = 'GET'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    let interim = 0;
    const asked = request({ host: '127.0.0.1', port: proxyPort(), path: target, method }, (response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text: string) => (body += text));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'],
          location: response.headers.location,
          interim,
          body,
        }),
      );
    });
    asked.on('information', () => (interim += 1));
    asked.on('error', reject);
    asked.end();
  });
}

const inside = (server: Loopback) => server.url.replace('https:', 'http:');

describe('the proxy', () => {
  test('hands out what is below an upstream, with its type', async () => {
    await open();
    expect(await ask(`${upstreamServer.url}/a/file`)).toMatchObject({
      status: 200,
      type: 'text/x-test',
      body: 'some text',
    });
  });

  test('speaks TLS to an upstream that is https, though asked by http', async () => {
    await open();
    expect(await ask(`${inside(secureServer)}/a/file`)).toMatchObject({ status: 200, body: 'some text' });
  });

  test('refuses an https upstream whose authority nobody trusts', async () => {
    await open({ transport: transported });
    expect((await ask(`${inside(secureServer)}/a/file`)).status).toBe(502);
    expect(notices.join()).toContain('not trusted');
  });

  test('answers HEAD with the size and no body', async () => {
    await open();
    expect(await ask(`${upstreamServer.url}/a/big`, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('passes on that something is not there', async () => {
    await open();
    expect((await ask(`${upstreamServer.url}/a/nothing`)).status).toBe(404);
  });

  test('says when the upstream fails', async () => {
    await open();
    expect((await ask(`${upstreamServer.url}/a/broken`)).status).toBe(502);
  });

  test('never names the mirror that was chosen for an upstream', async () => {
    await open();
    const answer = await ask('http://archive.example/debian/nothing');
    expect(answer.body).toContain('http://archive.example/debian/nothing');
    expect(`${answer.body}${notices.join()}`).not.toContain(upstreamServer.url);
  });

  test('asks no server for what is not listed, and says what is', async () => {
    await open();
    const before = new Map(otherServer.asked);
    const answer = await ask(`${otherServer.url}/a/file`);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('http://archive.example/debian');
    expect(otherServer.asked).toEqual(before);
    expect(notices).toHaveLength(1);
  });

  test('refuses CONNECT and says what to do instead', async () => {
    await open();
    const socket = connect(proxyPort(), '127.0.0.1');
    const { port } = new URL(secureServer.url);
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\n`);
    const text = Buffer.concat(await socket.toArray()).toString();
    expect(text).toMatch(/^HTTP\/1\.1 403 Ask for http:\/\/ addresses/);
  });

  test('refuses to change anything outside', async () => {
    await open();
    expect((await ask(`${upstreamServer.url}/a/file`, 'POST')).status).toBe(405);
  });

  test('follows a redirect that stays below an upstream', async () => {
    await open();
    expect((await ask(`${upstreamServer.url}/a/moved`)).body).toBe('some text');
  });

  test('hands on that an address is one of a folder, so that relative links are taken for those in it', async () => {
    await open();
    const folder = `${upstreamServer.url}/a/folder`;
    for (const _ of [1, 2]) {
      expect(await ask(folder)).toMatchObject({ status: 301, location: `${folder}/`, body: '' });
    }
    expect(await ask(`${folder}/`)).toMatchObject({ status: 200, location: undefined, body: 'a listing' });
  });

  test.each(['out', 'away'])('follows no redirect that leads elsewhere (%s)', async (name) => {
    await open();
    const before = otherServer.asked.get('/a/file');
    const answer = await ask(`${upstreamServer.url}/a/${name}`);
    expect(answer.status).toBe(502);
    expect(answer.body).not.toBe('secret');
    expect(otherServer.asked.get('/a/file')).toBe(before);
  });

  test('gives signs of life while the upstream is slow', async () => {
    await open({ patience: 20 });
    const answer = await ask(`${upstreamServer.url}/a/slow`);
    expect(answer).toMatchObject({ status: 200, body: 'late' });
    expect(answer.interim).toBeGreaterThan(1);
  });
});

describe('addresses of this machine', () => {
  test('are not reached for a definition by itself, though they are written as such', async () => {
    await open({}, upstreams(false));
    const before = upstreamServer.asked.get('/a/file');
    expect((await ask(`${upstreamServer.url}/a/file`)).status).toBe(502);
    expect(upstreamServer.asked.get('/a/file')).toBe(before);
  });

  test('are not reached by a name that leads to them', async () => {
    const url = `${upstreamServer.url.replace('127.0.0.1', 'localhost')}/a`;
    await open({}, [{ name: 'named', url, base: url, inner: false }]);
    const answer = await ask(`${url}/file`);
    expect(answer.status).toBe(502);
    expect(answer.body).toContain('localhost is at');
  });
});

describe('what was fetched', () => {
  test('is recorded with size, digest and place', async () => {
    const library = await open();
    await ask(`${inside(secureServer)}/a/file?b=c`).catch(() => undefined);
    await ask(`${inside(secureServer)}/a/file`);
    await ask(`${upstreamServer.url}/a/big`);
    const [first, second] = library.fetched;
    expect(first).toEqual({ upstream: 'plain', path: 'big', ...digestOf(big) });
    expect(second).toEqual({
      upstream: 'secure',
      path: 'file',
      mediaType: 'text/x-test',
      ...digestOf(Buffer.from('some text')),
    });
    expect(library.fetched).toHaveLength(2);
  });

  test('stays the same for the whole build', async () => {
    await open();
    const first = await ask(`${upstreamServer.url}/a/changing`);
    expect(await ask(`${upstreamServer.url}/a/changing`)).toEqual(first);
  });

  test('is fetched once when many ask at once', async () => {
    await open();
    const before = upstreamServer.asked.get('/a/big') ?? 0;
    await Promise.all(Array.from({ length: 20 }, () => ask(`${upstreamServer.url}/a/big`)));
    expect(upstreamServer.asked.get('/a/big')).toBe(before + 1);
  });

  test('lies in the cache under its digest and nowhere else', async () => {
    const library = await open();
    await ask(`${upstreamServer.url}/a/file`);
    const sha256 = library.fetched[0]?.sha256 ?? '';
    const file = join(folder, 'fetched/v1/sha256', sha256.slice(0, 2), sha256);
    expect(readFileSync(file, 'utf8')).toBe('some text');
    expect(readdirSync(join(folder, 'fetched'))).toEqual(['v1']);
  });

  test('is fetched again when the cache was damaged, as long as it is the same', async () => {
    const library = await open();
    await ask(`${upstreamServer.url}/a/file`);
    const [file] = library.fetched;
    const sha256 = file?.sha256 ?? '';
    writeFileSync(join(folder, 'fetched/v1/sha256', sha256.slice(0, 2), sha256), 'other text');
    await open();
    expect((await ask(`${upstreamServer.url}/a/file`)).body).toBe('some text');
  });

  test('has a limit that holds for all of it together', async () => {
    const library = await open({ limit: 500_000 });
    expect((await ask(`${upstreamServer.url}/a/big`)).status).toBe(200);
    expect((await ask(`${upstreamServer.url}/a/lies`)).status).toBe(502);
    expect(library.fetched).toHaveLength(1);
    expect(readdirSync(join(folder, 'fetched'))).toEqual(['v1']);
  });
});

describe('a locked build', () => {
  test('gets what its lock file lists out of the cache, without a server', async () => {
    const { fetched } = await recorded();
    const before = upstreamServer.asked.get('/a/changing');
    await open({ locked: fetched });
    expect(await ask(`${upstreamServer.url}/a/file`)).toMatchObject({
      status: 200,
      type: 'text/x-test',
      body: 'some text',
    });
    expect((await ask(`${upstreamServer.url}/a/changing`)).body).toMatch(/^answer \d+$/);
    expect(upstreamServer.asked.get('/a/changing')).toBe(before);
  });

  test('gets nothing that its lock file does not list', async () => {
    const { fetched } = await recorded();
    const before = upstreamServer.asked.get('/a/big');
    await open({ locked: fetched });
    expect((await ask(`${upstreamServer.url}/a/big`)).status).toBe(404);
    expect(upstreamServer.asked.get('/a/big')).toBe(before);
    expect(notices.join()).toContain('the lock file does not list');
  });

  test('fetches nothing that the cache has lost', async () => {
    const { fetched } = await recorded();
    const before = upstreamServer.asked.get('/a/file');
    rmSync(join(folder, 'fetched'), { recursive: true });
    await open({ locked: fetched });
    expect((await ask(`${upstreamServer.url}/a/file`)).status).toBe(404);
    expect(upstreamServer.asked.get('/a/file')).toBe(before);
  });

  async function recorded(): Promise<Library> {
    const library = await open();
    await ask(`${upstreamServer.url}/a/file`);
    await ask(`${upstreamServer.url}/a/changing`);
    proxy?.close();
    return library;
  }
});
