import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../../keys/sign.ts';
import { publish, type RunningServer, serve } from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';

const now = new Date('2026-02-01T12:00:30Z');
const build = 'images/debian/bookworm/amd64/mini/20260201_12:00';
const folder = mkdtempSync(join(tmpdir(), 'cooper-serve-'));
const tree = join(folder, 'tree');
let signer: Signer;
let server: RunningServer;

beforeAll(async () => {
  await generatePublisherKey(join(folder, 'keys'), { now: new Date('2026-01-01') });
  signer = await openSigner(join(folder, 'keys'), now);
  await publish(tree, [await madeBuild(folder, signer, mini, '20260201_12:00')], signer, now);
  server = await serve({ tree, host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Sends the path as it stands: fetch() and URL would tidy it. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

const published = (path: string) => readFileSync(join(tree, 'live', path));

describe('a published file', () => {
  test.each([`/${build}/rootfs.tar.xz`, `//${build.replace(':', '%3A')}//rootfs.tar.xz`])(
    'is sent for %s',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(200);
      expect(body).toEqual(published(`${build}/rootfs.tar.xz`));
      expect(headers).toMatchObject({
        'content-type': 'application/x-xz',
        'content-length': String(body.length),
        'cache-control': 'public, max-age=31536000, immutable',
        'accept-ranges': 'bytes',
        'x-content-type-options': 'nosniff',
      });
      const modified = statSync(join(tree, build, 'rootfs.tar.xz')).mtime;
      expect(headers['last-modified']).toBe(modified.toUTCString());
    },
  );

  test('is sent in part for a range, and the part changes with the file only', async () => {
    const path = `/${build}/rootfs.tar.xz`;
    const whole = published(`${build}/rootfs.tar.xz`);
    const part = await ask(path, { Range: 'bytes=10-19' });
    expect(part.status).toBe(206);
    expect(part.body).toEqual(whole.subarray(10, 20));
    expect(part.headers['content-range']).toBe(`bytes 10-19/${whole.length}`);
    const etag = part.headers.etag ?? '';
    expect((await ask(path, { Range: 'bytes=-5', 'If-Range': etag })).body).toEqual(whole.subarray(-5));
    expect((await ask(path, { Range: 'bytes=-5', 'If-Range': '"other"' })).status).toBe(200);
    const beyond = await ask(path, { Range: `bytes=${whole.length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe(`bytes */${whole.length}`);
  });

  test('is not sent again to a client that has it', async () => {
    const { headers } = await ask('/meta/1.0/index-system');
    expect(headers['cache-control']).toBe('public, max-age=60, must-revalidate');
    const again = await ask('/meta/1.0/index-system', { 'If-None-Match': headers.etag ?? '' });
    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
  });

  test('gives HEAD its headers without its bytes', async () => {
    const { status, headers, body } = await ask(`/${build}/meta.tar.xz`, {}, 'HEAD');
    expect([status, body.length]).toEqual([200, 0]);
    expect(Number(headers['content-length'])).toBe(published(`${build}/meta.tar.xz`).length);
  });

  test('of an empty size is sent', async () => {
    writeFileSync(join(tree, build, 'empty'), '');
    const { status, body } = await ask(`/${build}/empty`);
    expect([status, body.length]).toEqual([200, 0]);
  });

  test('is of the new generation as soon as that is published', async () => {
    const before = await ask('/cooper/v1/catalog');
    const pageBefore = await ask('/');
    await publish(tree, [], signer, now);
    const after = await ask('/cooper/v1/catalog');
    expect(after.body).toEqual(published('cooper/v1/catalog'));
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect((await ask('/')).body).not.toEqual(pageBefore.body);
  });
});

describe('the server shows nothing else', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'outside'), 'secret');
    writeFileSync(join(tree, 'inside'), 'secret');
    writeFileSync(join(tree, build, '.hidden'), 'secret');
    symlinkSync(join(folder, 'outside'), join(tree, build, 'absolute-link'));
    symlinkSync('../../../../../../../outside', join(tree, build, 'relative-link'));
    symlinkSync('rootfs.tar.xz', join(tree, build, 'harmless-link'));
    symlinkSync(folder, join(tree, 'images/folder-link'));
    mkdirSync(join(tree, build, 'folder'));
  });

  test.each([
    '/../outside',
    '/images/../../outside',
    `/${build}/../../../../../../../outside`,
    '/%2e%2e/outside',
    '/..%2foutside',
    '/images/..%2f..%2foutside',
    `/${build}/absolute-link`,
    `/${build}/relative-link`,
    `/${build}/harmless-link`,
    '/images/folder-link/outside',
    '/images/folder-link/keys/publisher.key',
    `/${build}/.hidden`,
    `/${build}/folder`,
    `/${build}/`,
    `/${build}`,
    '/images',
    '/inside',
    '/live/cooper/v1/catalog',
    '/generations',
    '/.lock',
    '/no-such-file',
    `/${'a'.repeat(300)}`,
    '/a%00b',
    '/%zz',
  ])('for %s', async (path) => {
    const { status, body } = await ask(path);
    expect([400, 404]).toContain(status);
    expect(body.toString()).toBe('no such file\n');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('to %s', async (method) => {
    const { status, headers } = await ask('/cooper/v1/catalog', {}, method);
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
  });
});

describe('the key', () => {
  test('is found by fingerprint and long id in either case', async () => {
    const { fingerprint } = signer;
    for (const search of [fingerprint, fingerprint.slice(-16), fingerprint.toLowerCase()]) {
      const { status, headers, body } = await ask(`/pks/lookup?op=get&options=mr&search=0x${search}`);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('application/pgp-keys');
      expect(body.toString()).toBe(signer.certificate);
    }
  });

  test('of somebody else is not here', async () => {
    expect((await ask(`/pks/lookup?op=get&search=0x${'0'.repeat(40)}`)).status).toBe(404);
    expect((await ask('/pks/lookup')).status).toBe(400);
    expect((await ask(`/pks/lookup?op=index&search=0x${signer.fingerprint}`)).status).toBe(501);
  });
});

describe('the page', () => {
  test('names images, fingerprint and the commands for this address, escaped', async () => {
    const { headers, body } = await ask('/', { Host: 'images.example.org:8080' });
    const html = body.toString();
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(html).toContain('debian/bookworm/amd64/mini');
    expect(html).toContain('debian mini &lt;&amp;&gt;');
    expect(html).toContain(signer.fingerprint);
    expect(html).toContain('--server http://images.example.org:8080');
    expect(html).toContain(`href="${build.replace(':', '%3A')}/rootfs.tar.xz"`);
    expect(html).not.toContain('--ca');
    expect(html).not.toMatch(/<script|https?:\/\/(?!images\.example)/);
  });

  test('does not repeat a Host that is no host', async () => {
    const html = (await ask('/', { Host: '"><script>alert(1)</script>' })).body.toString();
    expect(html).not.toContain('<script');
    expect(html).toContain(`--server ${server.url}`);
  });
});

describe('a server', () => {
  test('is healthy once something is published', async () => {
    expect((await ask('/healthz')).body.toString()).toBe('ok\n');
    const empty = await serve({ tree: join(folder, 'no-tree'), host: '127.0.0.1', port: 0 });
    try {
      expect((await fetch(`${empty.url}/healthz`)).status).toBe(503);
      expect(await (await fetch(empty.url)).text()).toContain('Nothing has been published');
      expect((await fetch(`${empty.url}/cooper/v1/catalog`)).status).toBe(404);
    } finally {
      await empty.close();
    }
  });

  test('names the port that is in use', async () => {
    const taken = serve({ tree, host: '127.0.0.1', port: server.port });
    await expect(taken).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(`${server.port}`),
    });
  });

  test('refuses an address that is not of this machine', async () => {
    await expect(serve({ tree, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'listen-refused' });
  });

  test('lets a transfer end when it is closed, and cuts one that does not', async () => {
    writeFileSync(join(tree, build, 'big'), Buffer.alloc(64 << 20));
    const own = await serve({ tree, host: '127.0.0.1', port: 0 });
    const body = (await fetch(`${own.url}/${build}/big`)).arrayBuffer();
    const closed = own.close();
    expect((await body).byteLength).toBe(64 << 20);
    await closed;
    const other = await serve({ tree, host: '127.0.0.1', port: 0 });
    const stuck = connect(other.port, '127.0.0.1');
    stuck.write(`GET /${build}/big HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => stuck.once('readable', resolve));
    const cut = new Promise((resolve) => stuck.once('close', resolve));
    stuck.on('error', () => {});
    await other.close(50);
    stuck.resume();
    await cut;
    await expect(fetch(other.url)).rejects.toThrow();
  });

  test('goes on after a client that went away in the middle of a file', async () => {
    const gone = connect(server.port, '127.0.0.1');
    gone.write(`GET /${build}/big HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => gone.once('readable', resolve));
    gone.destroy();
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('with --tls self-signed', () => {
  const tlsFolder = join(folder, 'tls');
  const tls = { kind: 'self-signed', folder: tlsFolder } as const;
  const started = (host = '127.0.0.1') => serve({ tree, host, port: 0, tls });

  const trusting = (port: number, path: string) => ({ port, path, ca: readFileSync(join(tlsFolder, 'ca.crt')) });

  function secure(port: number, servername: string): Promise<number | undefined> {
    const options = { host: '127.0.0.1', servername, headers: { Host: servername }, ...trusting(port, '/healthz') };
    return new Promise((resolve, reject) => {
      httpsRequest(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
  }

  function pageAt(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      httpsRequest({ host, ...trusting(port, '/') }, (response) => {
        response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject);
      })
        .on('error', reject)
        .end();
    });
  }

  test('clients that trust the CA get through, by name and by address; the CA stays the same', async () => {
    const own = await started();
    expect(own.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(own.ca).toMatchObject({
      file: join(tlsFolder, 'ca.crt'),
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}/),
    });
    expect(await secure(own.port, 'localhost')).toBe(200);
    await expect(secure(own.port, 'example.org')).rejects.toThrow(/altnames/);
    await expect(fetch(own.url)).rejects.toThrow();
    await own.close();
    const server1 = readFileSync(join(tlsFolder, 'server.crt'), 'utf8');
    const again = await started();
    await again.close();
    expect(again.ca).toEqual(own.ca);
    expect(readFileSync(join(tlsFolder, 'server.crt'), 'utf8')).toBe(server1);
  });

  test('a server on all addresses is certified for its name and for every address of the machine', async () => {
    const own = await started('0.0.0.0');
    expect(own.url).toBe(`https://localhost:${own.port}`);
    expect(await secure(own.port, hostname())).toBe(200);
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const [address] = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal);
    expect(await pageAt(address?.address ?? '127.0.0.1', own.port)).toContain('Container images');
    await own.close();
  });

  test('the page tells that a CA of its own must be trusted, and its fingerprint', async () => {
    const own = await started();
    const html = await pageAt('127.0.0.1', own.port);
    await own.close();
    expect(html).toMatch(/cooper create [^<]* --ca ca\.crt<\/pre>/);
    expect(html).toContain(own.ca?.fingerprint);
  });

  test('private keys are readable by their owner only', () => {
    for (const name of ['ca.key', 'server.key']) expect(statSync(join(tlsFolder, name)).mode & 0o777).toBe(0o600);
  });

  test('a server certificate that does not fit its key any more is made anew', async () => {
    const other = join(folder, 'other-tls');
    await (await serve({ tree, host: '127.0.0.1', port: 0, tls: { kind: 'self-signed', folder: other } })).close();
    writeFileSync(join(tlsFolder, 'server.key'), readFileSync(join(other, 'server.key')));
    const own = await started();
    expect(await secure(own.port, 'localhost')).toBe(200);
    await own.close();
  });

  test('files of the operator are served with', async () => {
    const files = { kind: 'files', cert: join(tlsFolder, 'server.crt'), key: join(tlsFolder, 'server.key') } as const;
    const own = await serve({ tree, host: '127.0.0.1', port: 0, tls: files });
    expect(own.ca).toBeUndefined();
    expect(await secure(own.port, 'localhost')).toBe(200);
    await own.close();
  });

  test('files that are no certificate and key are refused', async () => {
    const files = { kind: 'files', cert: join(folder, 'outside'), key: join(tlsFolder, 'server.key') } as const;
    await expect(serve({ tree, host: '127.0.0.1', port: 0, tls: files })).rejects.toMatchObject({
      code: 'bad-tls-files',
    });
    const mixed = { kind: 'files', cert: join(tlsFolder, 'ca.crt'), key: join(tlsFolder, 'server.key') } as const;
    await expect(serve({ tree, host: '127.0.0.1', port: 0, tls: mixed })).rejects.toMatchObject({
      code: 'bad-tls-files',
    });
  });
});
