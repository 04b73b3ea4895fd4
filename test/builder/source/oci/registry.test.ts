// Images of a registry: over https by tag, over plain http by a pinned digest, with anonymous tokens. What is wrong is refused, and nothing
// of it stays.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTransport, type Transport } from '../../../../fetch/index.ts';
import type { OciSource } from '../../../../variants/resolved.ts';
import { makeCertificate } from '../../../conformance/faulty-origin.ts';
import { serveRoutes } from '../../../fetch/loopback.ts';
import { archiveOf, file, member } from '../../../image/tar/archive.ts';
import { type Chosen, chosenFrom } from './chosen.ts';
import { type MadeDescriptor, MadeImages, pinOf, type Unusual } from './made-image.ts';
import { type MadeRegistry, type RegistryHabits, serveRegistry } from './made-registry.ts';

const tar = archiveOf([member('etc', 'directory'), file('etc/os-release', 'ID=made\n')]);
const upper = archiveOf([file('etc/motd', 'hello\n', { mtime: { seconds: 1_700_000_000, nanoseconds: 0 } })]);

let folder: string;
let tls: { readonly key: string; readonly cert: string };
let transport: Transport;
let images: MadeImages;
const servers: { close(): Promise<void> }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-registry-'));
  tls = makeCertificate(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  transport = createTransport({ attempts: 1, certificates: [tls.cert] });
  images = new MadeImages();
});
afterEach(async () => {
  transport.close();
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  tags: Readonly<Record<string, MadeDescriptor>>,
  habits: RegistryHabits = {},
): Promise<MadeRegistry> {
  const server = await serveRegistry(images, tags, habits);
  servers.push(server);
  return server;
}

const cacheDir = () => mkdtempSync(join(folder, 'cache-'));
const sourceAt = (url: string, pinned?: string): OciSource => ({
  kind: 'oci',
  image: { url: `${url}/library/name` },
  tag: 'one',
  ...(pinned === undefined ? {} : { pinned }),
});
const take = (source: OciSource, architecture = 'amd64', cache = cacheDir()): Promise<Chosen> =>
  chosenFrom(source, { cacheDir: cache, transport, architecture });
const refused = (code: string) => expect.objectContaining({ code });

const platform = (architecture: string, variant?: string) => ({
  platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
});

/** An index with images for two architectures. */
function usual(): MadeDescriptor {
  const one = images.image([tar, upper]);
  const other = images.image([upper], platform('arm64'));
  return images.index([
    { ...other, ...platform('arm64', 'v8') },
    { ...one, ...platform('amd64') },
    { ...one, platform: { os: 'unknown', architecture: 'unknown' } },
  ]);
}

describe('an image by its tag over https', () => {
  test('is that for the architecture, with its layers in order and its configuration', async () => {
    const server = await serve({ one: usual() }, { tls });
    const chosen = await take(sourceAt(server.url));
    expect(chosen).toMatchObject({
      vouched: 'transport',
      epoch: Date.parse('2026-01-02T03:04:05Z') / 1000,
      indices: [],
    });
    expect(chosen.seed.map(({ keptAs }) => keptAs)).toEqual([undefined, undefined, 'oci-config.json']);
    const config = readFileSync(chosen.files.get(chosen.seed[2]?.digest.sha256 ?? '') ?? '', 'utf8');
    expect(JSON.parse(config)).toMatchObject({ architecture: 'amd64', config: { Cmd: ['/bin/sh'] } });
    expect((await take(sourceAt(server.url), 'arm64')).seed).toHaveLength(2);
    expect(server.requests[0]?.headers.accept).toContain('application/vnd.oci.image.index.v1+json, ');
  });

  test("may be one of Docker's, without an index", async () => {
    const docker = 'application/vnd.docker';
    const made = images.image([tar], {
      mediaType: `${docker}.distribution.manifest.v2+json`,
      layerType: `${docker}.image.rootfs.diff.tar.gzip`,
    });
    const server = await serve({ one: made }, { tls });
    expect((await take(sourceAt(server.url))).seed).toHaveLength(2);
  });

  test('without a time of its own has that of its newest file', async () => {
    const server = await serve({ one: images.image([tar, upper], { created: undefined }) }, { tls });
    expect((await take(sourceAt(server.url))).epoch).toBe(1_700_000_000);
  });

  test('is refused where the registry lacks it, and what there is is told', async () => {
    const server = await serve({ other: usual(), one: usual(), alone: images.image([tar]) }, { tls });
    await expect(take({ ...sourceAt(server.url), tag: 'none' })).rejects.toThrow(refused('oci-image-missing'));
    await expect(take(sourceAt(server.url), 'riscv64')).rejects.toMatchObject({
      code: 'oci-image-missing',
      lines: ['it has linux/arm64/v8', 'it has linux/amd64', 'it has unknown/unknown'],
    });
    await expect(take({ ...sourceAt(server.url), tag: 'alone' }, 'arm64')).rejects.toMatchObject({
      code: 'oci-image-missing',
      message: expect.stringContaining('for linux/amd64, not for linux/arm64/v8') as unknown,
    });
  });
});

describe('plain http', () => {
  test('is refused without a digest, before anything is asked', async () => {
    const server = await serve({ one: usual() });
    await expect(take(sourceAt(server.url))).rejects.toMatchObject({
      code: 'source-not-vouched',
      next: expect.stringContaining('digest: { one/amd64: SHA-256 }') as unknown,
    });
    expect(server.requests).toEqual([]);
  });

  test('does with the digest of an index, or of a manifest', async () => {
    const index = usual();
    const manifest = images.image([tar]);
    const server = await serve({});
    expect(await take(sourceAt(server.url, pinOf(index)))).toMatchObject({ vouched: 'digest' });
    expect((await take(sourceAt(server.url, pinOf(manifest)))).seed).toHaveLength(2);
  });

  test('with another image than the pinned one is refused', async () => {
    const index = usual();
    const other = images.blobs.get(pinOf(images.image([upper]))) ?? Buffer.alloc(0);
    const server = await serve({}, { spoil: (path, bytes) => (path.includes('manifests') ? other : bytes) });
    await expect(take(sourceAt(server.url, pinOf(index)))).rejects.toThrow(refused('digest-mismatch'));
  });
});

describe('a registry that wants tokens', () => {
  const issue = async (more: { readonly key: string; readonly cert: string } | undefined, answer: () => string) => {
    const asked: string[] = [];
    const server = await serveRoutes(
      new Proxy(
        {},
        {
          get: () => (request: { url?: string }, response: { end: (text: string) => void }) => {
            asked.push(request.url ?? '');
            response.end(answer());
          },
        },
      ),
      more,
    );
    servers.push(server);
    return { url: server.url, asked };
  };
  const challenge = (url: string) => `Bearer realm="${url}/token",service="made",scope="repository:library/name:pull"`;

  test('gets an anonymous one, anew when it is too old, and no other server sees it', async () => {
    let count = 0;
    const tokens = await issue(tls, () => JSON.stringify({ token: `t${++count}` }));
    const blobs = await serve({}, { tls });
    let uses = 0;
    const server = await serve(
      { one: usual() },
      {
        tls,
        blobsAt: blobs.url,
        challenge: () => challenge(tokens.url),
        accepts: (token) => token === `t${count}` && ++uses % 3 !== 0,
      },
    );
    expect((await take(sourceAt(server.url))).seed).toHaveLength(3);
    expect(tokens.asked[0]).toBe('/token?service=made&scope=repository%3Alibrary%2Fname%3Apull');
    expect(count).toBeGreaterThan(1);
    expect(server.requests.some(({ headers }) => headers.authorization === `Bearer t${count}`)).toBe(true);
    expect(blobs.requests).toHaveLength(3);
    expect(blobs.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });

  test('gets one in the clear only where all of it is on this machine', async () => {
    const tokens = await issue(undefined, () => '{"access_token":"t"}');
    const index = usual();
    const plain = await serve({}, { challenge: () => challenge(tokens.url) });
    expect((await take(sourceAt(plain.url, pinOf(index)))).seed).toHaveLength(3);
    const elsewhere = await serve({}, { challenge: () => challenge('http://auth.example.org') });
    await expect(take(sourceAt(elsewhere.url, pinOf(index)))).rejects.toThrow(refused('registry-refused'));
  });

  test.each([
    ['a login', 'Basic realm="made"', '{"token":"t"}'],
    ['a token that is none', undefined, '{"token":"a b"}'],
    ['a token of a page to log in', undefined, '<html></html>'],
    ['a token that it does not take', undefined, '{"token":"wrong"}'],
  ])('wants %s', async (_, header, answer) => {
    const tokens = await issue(tls, () => answer);
    const server = await serve(
      { one: usual() },
      {
        tls,
        challenge: () => header ?? challenge(tokens.url),
        accepts: (token) => token === 't',
      },
    );
    await expect(take(sourceAt(server.url))).rejects.toThrow(refused('registry-refused'));
  });
});

describe('an image is refused', () => {
  const withLayer = (change: object) => (manifest: Record<string, unknown>) => ({
    ...manifest,
    layers: (manifest.layers as object[]).map((layer) => ({ ...layer, ...change })),
  });
  const oci = 'application/vnd.oci.image';
  const faults: readonly (readonly [name: string, unusual: Unusual, code: string])[] = [
    ['with a foreign layer', { layerType: `${oci}.layer.nondistributable.v1.tar+gzip` }, 'oci-unsupported'],
    ['with a layer of an unknown type', { layerType: 'application/x-squashfs' }, 'oci-unsupported'],
    ['with a layer smaller than it says', { manifest: withLayer({ size: 100_000 }) }, 'download-mismatch'],
    ['with a layer larger than it says', { manifest: withLayer({ size: 10 }) }, 'download-too-large'],
    [
      'with a layer that is not there',
      { manifest: withLayer({ digest: `sha256:${'0'.repeat(64)}` }) },
      'not-found-on-server',
    ],
    ['with a layer beyond all bounds', { manifest: withLayer({ size: 2 ** 50 }) }, 'oci-malformed'],
    [
      'with a configuration that is none',
      {
        manifest: (manifest) => ({
          ...manifest,
          config: { ...(manifest.config as object), mediaType: `${oci}.empty.v1+json` },
        }),
      },
      'oci-unsupported',
    ],
    [
      'whose configuration names more layers',
      { config: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [] } }) },
      'oci-malformed',
    ],
    ['for another system', { platform: { os: 'windows' } }, 'oci-image-missing'],
  ];

  test.each(faults)('%s', async (_, unusual, code) => {
    const server = await serve({ one: images.image([tar], unusual) }, { tls });
    await expectRefusal(sourceAt(server.url), code);
  });

  async function expectRefusal(source: OciSource, code: string): Promise<void> {
    const cache = cacheDir();
    await expect(take(source, 'amd64', cache)).rejects.toThrow(refused(code));
    const left = readdirSync(cache, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.part'))).toEqual([]);
  }

  test('with a layer of another size than one that is in the cache already', async () => {
    const server = await serve(
      { one: images.image([tar]), two: images.image([tar], { manifest: withLayer({ size: 10 }) }) },
      { tls },
    );
    const cache = cacheDir();
    await take(sourceAt(server.url), 'amd64', cache);
    const lying = { ...sourceAt(server.url), tag: 'two' };
    await expect(take(lying, 'amd64', cache)).rejects.toThrow(refused('download-too-large'));
  });

  test.each([
    ['other bytes', (bytes: Buffer) => Buffer.from(bytes).fill(0, 20, 30), 'download-mismatch'],
    ['trailing bytes', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]), 'download-too-large'],
    ['a page to log in', () => Buffer.from('<!DOCTYPE html>'), 'download-mismatch'],
  ])('when the registry sends %s for a blob', async (_, change, code) => {
    const spoil = (path: string, bytes: Buffer) => (path.includes('blobs') ? change(bytes) : bytes);
    const server = await serve({ one: usual() }, { tls, spoil });
    await expectRefusal(sourceAt(server.url), code);
  });

  test('when an index names another manifest, leads round and round, or is beyond all bounds', async () => {
    const one = { ...images.image([tar]), ...platform('amd64') };
    const [short, long] = [
      images.index([{ ...one, size: one.size + 1 }]),
      images.blob(Buffer.alloc(5 * 1024 ** 2, ' '), ''),
    ];
    let deep = images.index([one]);
    for (let depth = 0; depth < 5; depth += 1) deep = images.index([deep]);
    const server = await serve({ short, deep }, { tls });
    await expectRefusal({ ...sourceAt(server.url), tag: 'short' }, 'digest-mismatch');
    await expectRefusal({ ...sourceAt(server.url), tag: 'deep' }, 'oci-malformed');
    const spoil = () => images.blobs.get(pinOf(long)) ?? Buffer.alloc(0);
    const endless = await serve({ one: usual() }, { tls, spoil });
    await expectRefusal(sourceAt(endless.url), 'download-too-large');
  });
});
