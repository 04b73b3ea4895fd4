// The definitions of distributions with archives in Debian's form, on archives laid out as theirs (test/fixtures/archives).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchPackages } from '../../../../builder/source/debian/fetch-packages.ts';
import { fetchIndices } from '../../../../builder/source/debian/indices.ts';
import { resolvePackages } from '../../../../builder/source/debian/resolver.ts';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import { digestOf } from '../../../../keys/digest.ts';
import { openImage, ownLayer, sourceOf } from '../../../../variants/index.ts';
import { type Loopback, serveRoutes } from '../../../fetch/loopback.ts';
import { madeKey } from '../../../keys/made-keys.ts';
import { type Files, serveArchive } from './signed-archive.ts';
import { beforeTrimmed, trimmedArchive, trimmedDay } from './trimmed-archive.ts';

let folder: string;
let key: PrivateKey;
let transport: Transport;
let server: Loopback;
const made = new Map<string, Files>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-derivatives-'));
  key = await madeKey(beforeTrimmed);
  for (const name of ['ubuntu', 'devuan', 'kali']) made.set(name, await trimmedArchive(name, key, ['amd64']));
  made.set('ports', await trimmedArchive('ubuntu', key, ['arm64']));
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(() => {
  transport = createTransport({ attempts: 1 });
});

afterEach(async () => {
  transport.close();
  await server.close();
});

const context = () => ({
  cacheDir: join(folder, server.url.replace(/\W/g, '')),
  seenDir: undefined,
  mirrors: { main: server.url, security: server.url },
  transport,
  signal: new AbortController().signal,
  now: trimmedDay,
});

/** What the image would have, by name, from the archive that is called `archive`. */
async function resolved(name: string, archive: string, trusted: 'own' | 'test' = 'test') {
  server = await serveArchive(made.get(archive) ?? new Map());
  const image = await openImage(name);
  const source = sourceOf(image, 'debian');
  const keyring = trusted === 'own' ? source.keyring : { armored: key.toPublic().armor() };
  const index = await fetchIndices({ ...source, keyring }, image.architecture, context());
  const layer = ownLayer(image);
  const { packages } = resolvePackages(index, layer);
  return { asked: layer.include, packages: new Map(packages.map((item) => [item.name, item])) };
}

describe.each([
  ['ubuntu/noble/amd64/mini', 'ubuntu', 'systemd-sysv'],
  ['ubuntu/noble/arm64/mini', 'ports', 'systemd-sysv'],
  ['devuan/excalibur/amd64/mini', 'devuan', 'sysvinit-core'],
  ['kali/kali-rolling/amd64/mini', 'kali', 'systemd-sysv'],
])('%s', (name, archive, init) => {
  test('has all that its definition asks for, an init and a base', async () => {
    const { asked, packages } = await resolved(name, archive);
    const names = [...packages.keys()];
    expect(names).toEqual(expect.arrayContaining([...asked, init, 'base-files', 'dpkg', 'libc6']));
    // Its keys are in it, so that its own apt goes on with the archive.
    expect(names.some((each) => each.endsWith('-keyring'))).toBe(true);
    expect(names.length).toBeGreaterThan(80);
  });

  test('is refused when somebody else has signed the archive', async () => {
    await expect(resolved(name, archive, 'own')).rejects.toMatchObject({ code: 'signature-unknown-key' });
  });
});

test('ubuntu: the newest of release, updates and security is taken', async () => {
  const { packages } = await resolved('ubuntu/noble/amd64/mini', 'ubuntu');
  expect(packages.get('systemd-resolved')).toMatchObject({
    version: '255.4-1ubuntu8.17',
    origin: { suite: 'noble-updates' },
  });
  expect(packages.get('base-files')).toMatchObject({ version: '13ubuntu10', origin: { suite: 'noble' } });
});

test('ubuntu: a mirror names lists of architectures whose packages are elsewhere, which is told', async () => {
  await expect(resolved('ubuntu/noble/arm64/mini', 'ubuntu')).rejects.toMatchObject({ code: 'package-list-missing' });
});

test('devuan: no systemd is among the packages, and its own come before those of Debian', async () => {
  const { packages } = await resolved('devuan/excalibur/amd64/mini', 'devuan');
  expect([...packages.keys()].filter((name) => /^systemd/.test(name))).toEqual([]);
  expect(packages.get('sysvinit-core')).toMatchObject({ version: '3.14-4devuan1' });
  expect(packages.get('libc6')).toMatchObject({ origin: { suite: 'excalibur-security', archive: 'main' } });
  const pools = new Set([...packages.values()].map(({ path }) => path.split('/').slice(0, 2).join('/')));
  expect([...pools].sort()).toEqual(['pool/DEBIAN', 'pool/DEBIAN-SECURITY', 'pool/DEVUAN']);
});

test('devuan: packages that the mirror sends on to one of Debian are fetched from there', async () => {
  const bytes = Buffer.from('what its digest says');
  const debian = await serveRoutes({ '/debian/pool/main/s/some.deb': (_request, response) => response.end(bytes) });
  try {
    server = await serveRoutes({
      '/pool/DEBIAN/main/s/some.deb': (_request, response) =>
        response.writeHead(302, { location: `${debian.url}/debian/pool/main/s/some.deb` }).end(),
    });
    const some = {
      ...{ name: 'some', version: '1', architecture: 'all', source: 'some', sourceVersion: '1' },
      ...{ path: 'pool/DEBIAN/main/s/some.deb', archive: 'main', digest: digestOf(bytes) },
    } as const;
    const [fetched] = await fetchPackages([some] as never, context());
    expect(fetched?.digest).toEqual(digestOf(bytes));
  } finally {
    await debian.close();
  }
});
