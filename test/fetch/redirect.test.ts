import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTransport, fetchBytes, loadCertificates } from '../../fetch/index.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

let folder: string;
let plain: Loopback;
let tls: Loopback;
const targets: { tls?: string } = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-fetch-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
  plain = await serveRoutes({
    '/end': (_request, response) => response.end('here'),
    '/relative': (_request, response) => response.writeHead(302, { location: 'end' }).end(),
    '/loop': (_request, response) => response.writeHead(301, { location: '/loop' }).end(),
    '/up': (_request, response) => response.writeHead(307, { location: targets.tls }).end(),
    '/file': (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/nonsense': (_request, response) => response.writeHead(302, { location: 'http://[' }).end(),
  });
  tls = await serveRoutes(
    {
      '/end': (_request, response) => response.end('safe'),
      '/down': (_request, response) => response.writeHead(302, { location: `${plain.url}/end` }).end(),
    },
    { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') },
  );
  targets.tls = `${tls.url}/end`;
});

afterAll(async () => {
  await Promise.all([plain.close(), tls.close()]);
  await rm(folder, { recursive: true });
});

async function get(url: string, environment: Record<string, string> = {}, files = [join(folder, 'cert.pem')]) {
  const transport = createTransport({ certificates: await loadCertificates(files, environment), attempts: 1 });
  try {
    return (await fetchBytes(url, { transport, limit: 100 })).toString();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  } finally {
    transport.close();
  }
}

test('a relative redirect is followed', async () => {
  expect(await get(`${plain.url}/relative`)).toBe('here');
});

test('a redirect from http to https is followed', async () => {
  expect(await get(`${plain.url}/up`)).toBe('safe');
});

test('a redirect from https to http is refused', async () => {
  expect(await get(`${tls.url}/down`)).toBe('insecure-redirect');
});

test('a redirect to a file is refused', async () => {
  expect(await get(`${plain.url}/file`)).toBe('insecure-redirect');
});

test('a redirect to nonsense is an answer that is not proper', async () => {
  expect(await get(`${plain.url}/nonsense`)).toBe('server-unreachable');
});

test('a redirect loop ends', async () => {
  expect(await get(`${plain.url}/loop`)).toBe('server-unreachable');
  expect(plain.asked.get('/loop')).toBe(6);
});

test('a self-made authority is not trusted unless it is named', async () => {
  expect(await get(`${tls.url}/end`, {}, [])).toBe('server-not-trusted');
});

test.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'])('an authority of %s is trusted', async (name) => {
  const files = name === 'SSL_CERT_FILE' ? [] : [join(folder, 'cert.pem')];
  expect(await get(`${tls.url}/end`, { [name]: join(folder, 'cert.pem') }, files)).toBe('safe');
});

test('a file without a certificate is refused by name', async () => {
  const empty = join(folder, 'empty.pem');
  await writeFile(empty, 'nothing');
  await expect(loadCertificates([empty], {})).rejects.toMatchObject({ code: 'bad-certificate-file' });
  await expect(loadCertificates([join(folder, 'none')], {})).rejects.toMatchObject({ code: 'bad-certificate-file' });
});
