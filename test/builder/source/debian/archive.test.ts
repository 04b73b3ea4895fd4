import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateKey } from 'openpgp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDeb } from '../../../../builder/source/debian/deb.ts';
import { fetchPackages } from '../../../../builder/source/debian/fetch-packages.ts';
import { fetchIndices } from '../../../../builder/source/debian/indices.ts';
import { resolvePackages } from '../../../../builder/source/debian/resolver.ts';
import { advanceRelease } from '../../../../builder/source/debian/seen-releases.ts';
import { wantedOf } from '../../../../builder/source/debian/wanted-of.ts';
import { withFreshIndices } from '../../../../builder/source/index.ts';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import type { DebianSource as Source } from '../../../../variants/resolved.ts';
import type { Loopback } from '../../../fetch/loopback.ts';
import { archiveKey, type Files, made, makeArchive, serveArchive, sourceOf } from './signed-archive.ts';

const day = 24 * 3600 * 1000;
let folder: string;
let key: PrivateKey;
let original: Files;
let files: Files;
let server: Loopback;
let transport: Transport;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cooper-archive-'));
  key = await archiveKey();
  original = await makeArchive(folder, key);
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  files = new Map(original);
  server = await serveArchive(files);
  transport = createTransport({ attempts: 1 });
});

afterEach(async () => {
  transport.close();
  await server.close();
  await rm(join(folder, 'cache'), { recursive: true, force: true });
});

interface Changes {
  readonly source?: Source;
  readonly architecture?: string;
  readonly now?: Date;
  readonly mirror?: string;
  readonly seenDir?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

async function fetchAll(changes: Changes = {}) {
  const {
    source = sourceOf(key),
    now = new Date(made.getTime() + day),
    signal = new AbortController().signal,
  } = changes;
  const mirror = changes.mirror ?? server.url;
  const context = {
    cacheDir: join(folder, 'cache'),
    seenDir: changes.seenDir,
    mirrors: { main: mirror, security: mirror },
    transport,
    signal,
    now,
  };
  const index = await fetchIndices(source, changes.architecture ?? 'amd64', context);
  const set = resolvePackages(index, { base: 'required', include: ['extra'], recommends: false });
  return { index, packages: await fetchPackages(wantedOf(set), context, changes.onProgress) };
}

const failure = (changes: Changes = {}): Promise<{ code: string; message: string; next: string }> =>
  fetchAll(changes).then(
    () => ({ code: 'nothing failed', message: '', next: '' }),
    (error) => error,
  );

/** Changes one file of the archive; its path is found by a part of it. */
function tamper(part: string, change: (bytes: Buffer) => Buffer | undefined): string {
  const path = [...files.keys()].find((name) => name.includes(part)) ?? '';
  const bytes = change(Buffer.from(files.get(path) ?? ''));
  if (bytes === undefined) {
    files.delete(path);
  } else {
    files.set(path, bytes);
  }
  return path;
}

const flip = (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  return bytes;
};

async function partialFiles(): Promise<string[]> {
  const names = await readdir(join(folder, 'cache'), { recursive: true });
  return names.filter((name) => name.endsWith('.part'));
}

test('packages come with everything that the lock and the package list need', async () => {
  const { index, packages } = await fetchAll();
  expect(index.epoch).toBe(made.getTime() / 1000);
  expect(index.suites).toMatchObject([
    {
      name: 'test',
      archive: 'main',
      release: { path: 'dists/test/InRelease', size: files.get('dists/test/InRelease')?.length, date: made },
      lists: [{ component: 'main', path: 'dists/test/main/binary-amd64/Packages.xz' }],
    },
  ]);
  expect(packages).toMatchObject([
    { name: 'core', version: '1', archive: 'main', path: 'pool/main/core+1.deb' },
    { name: 'extra', source: { name: 'extra', version: '1' } },
  ]);
  for (const { file, path } of packages) {
    expect(await readFile(file)).toEqual(files.get(path));
    expect((await openDeb(file).control()).get('control')?.toString()).toContain('Maintainer');
  }
});

test('a second run asks for nothing but InRelease', async () => {
  await fetchAll();
  server.asked.clear();
  await fetchAll();
  expect([...server.asked.keys()]).toEqual(['/dists/test/InRelease']);
});

test('progress ends at the sum of the sizes, also when all is cached', async () => {
  const total = ['core', 'extra'].reduce((sum, name) => sum + (files.get(`pool/main/${name}+1.deb`)?.length ?? 0), 0);
  for (const run of ['fetched', 'cached']) {
    const seen: [number, number][] = [];
    await fetchAll({ onProgress: (done, all) => seen.push([done, all]) });
    expect(seen.at(-1), run).toEqual([total, total]);
  }
});

test.each([
  ['a flipped bit in InRelease', 'InRelease', flip, 'signature-invalid'],
  ['no signature', 'InRelease', () => Buffer.from('Suite: test\n'), 'signature-missing'],
  ['no InRelease', 'InRelease', () => undefined, 'not-found-on-server'],
  ['another package list', 'by-hash', flip, 'download-mismatch'],
  ['a longer package list', 'by-hash', (bytes: Buffer) => Buffer.concat([bytes, bytes]), 'download-too-large'],
])('%s is refused', async (_name, part, change, code) => {
  tamper(part, change);
  expect((await failure()).code).toBe(code);
});

test('a key that is not in the keyring is refused', async () => {
  expect((await failure({ source: sourceOf(await archiveKey()) })).code).toBe('signature-unknown-key');
});

test('an archive whose time has run out is refused', async () => {
  const until = new Date(made.getTime() + day).toUTCString();
  for (const [path, bytes] of await makeArchive(folder, key, { 'Valid-Until': until })) {
    files.set(path, bytes);
  }
  expect((await failure()).code).toBe('nothing failed');
  expect((await failure({ now: new Date(made.getTime() + 2 * day) })).code).toBe('archive-expired');
});

test('a clock before the signature is refused', async () => {
  expect((await failure({ now: new Date(made.getTime() - day) })).code).toMatch(/from-future$/);
});

test('an archive that is clearly older than one seen before is refused, although its signature is good', async () => {
  const seenDir = join(folder, 'cache/seen');
  await fetchAll({ seenDir });
  const source = sourceOf(key);
  for (const suite of source.suites) {
    await advanceRelease(seenDir, source, suite, new Date(made.getTime() + 30 * day));
  }
  expect((await failure({ seenDir })).code).toBe('archive-rollback');
});

test('a suite under another name is refused', async () => {
  const other = { ...sourceOf(key), suites: [{ name: 'other', archive: 'main', components: ['main'] }] } as const;
  files.set('dists/other/InRelease', files.get('dists/test/InRelease') ?? Buffer.alloc(0));
  expect((await failure({ source: other })).code).toBe('suite-mismatch');
});

test('an architecture that the archive lacks is named with those it has', async () => {
  const { code, message } = await failure({ architecture: 's390x' });
  expect(code).toBe('component-missing');
  expect(message).toContain('it has amd64');
});

test.each([
  ['other bytes', flip],
  ['more bytes', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ['fewer bytes', (bytes: Buffer) => bytes.subarray(1)],
])(
  'a .deb with %s is a package-mismatch that names the package, and nothing half-made stays',
  async (_name, change) => {
    tamper('extra', change);
    const { code, message } = await failure();
    expect(code).toBe('package-mismatch');
    expect(message).toMatch(/^package extra 1: /);
    expect(await partialFiles()).toEqual([]);
  },
);

test('a list that is not there by its digest is taken by its name', async () => {
  const path = tamper('by-hash', () => undefined);
  files.set('dists/test/main/binary-amd64/Packages.xz', original.get(path) ?? Buffer.alloc(0));
  expect((await fetchAll()).packages).toHaveLength(2);
});

test.each([
  ['by-hash', 'package-list-missing', /^the mirror does not have dists\/test\/main\/binary-amd64\/Packages.xz, which/],
  ['extra', 'package-missing', /^the mirror does not have package extra 1, which its package list names$/],
])('what the signed lists name and the mirror lacks is told: %s', async (part, expected, words) => {
  tamper(part, () => undefined);
  const { code, message } = await failure();
  expect(code).toBe(expected);
  expect(message).toMatch(words);
});

test.each(['packages', 'indices'])('a damaged file in the cache of %s is fetched again', async (kind) => {
  await fetchAll();
  const cache = join(folder, 'cache', kind);
  for (const name of await readdir(cache, { recursive: true })) {
    if (/[0-9a-f]{64}$/.test(name)) await writeFile(join(cache, name), 'damaged');
  }
  server.asked.clear();
  const { packages } = await fetchAll();
  expect(server.asked.size).toBeGreaterThan(1);
  for (const { file, path } of packages) expect(await readFile(file)).toEqual(files.get(path));
});

describe('a mirror that is updated between the lists and the packages', () => {
  const gone = () => tamper('extra', () => undefined);

  test('is read anew, once', async () => {
    const path = gone();
    const reasons: string[] = [];
    const { packages } = await withFreshIndices((why) => {
      reasons.push(why?.code ?? 'none');
      if (why !== undefined) files.set(path, original.get(path) ?? Buffer.alloc(0));
      return fetchAll();
    });
    expect(packages).toHaveLength(2);
    expect(reasons).toEqual(['none', 'package-missing']);
    expect(server.asked.get('/dists/test/InRelease')).toBe(2);
  });

  test('and still lacks a package is refused, with what to do', async () => {
    gone();
    const thrown = await withFreshIndices(() => fetchAll()).catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'package-missing',
      next: expect.stringMatching(/read anew.*Try again later/),
    });
    expect(server.asked.get('/dists/test/InRelease')).toBe(2);
  });

  test('is not read anew for what a second look cannot mend', async () => {
    tamper('InRelease', flip);
    await expect(withFreshIndices(() => fetchAll())).rejects.toMatchObject({ code: 'signature-invalid' });
    expect(server.asked.get('/dists/test/InRelease')).toBe(1);
  });
});

test('a mirror that cannot be reached is named, with the flag for another', async () => {
  const { url } = server;
  await server.close();
  const { code, message, next } = await failure({ mirror: url });
  expect(code).toBe('server-unreachable');
  expect(message).toContain(`${url}/dists/test/InRelease`);
  expect(next).toBe(`The mirror is ${url}; name another one with --mirror URL.`);
});

test('an abort in the middle ends with its own reason and leaves nothing half-made', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const thrown = await failure({ signal: controller.signal, onProgress: () => controller.abort(reason) });
  expect(thrown).toBe(reason);
  expect(await partialFiles()).toEqual([]);
});
