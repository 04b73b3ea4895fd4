// Containers from servers in the manner of images.linuxcontainers.org: what vouches for them, what is lacking, and what is refused when a
// server lies. Every time nothing of a container stays, and nothing wrong in the cache.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CreatedContainer, type CreateRequest, createContainer, parseServer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { type Certificate, type Fingerprint, readCertificates } from '../../keys/index.ts';
import { imageName } from '../../variants/index.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { type FaultyOrigin, faults, serveFaulty } from './faulty-origin.ts';
import { alpine, folderOf, UpstreamBed } from './upstream-bed.ts';

const newer = { ...alpine, build: '20260203_13:00' };
const now = new Date();
let bed: UpstreamBed;
let server: FaultyOrigin;
let kept: string;
let certificates: readonly Certificate[];

beforeAll(async () => {
  bed = new UpstreamBed();
  bed.add(alpine);
  bed.add(newer);
  bed.add({ ...alpine, variant: 'cloud' }, { withoutMeta: true });
  bed.writeIndex();
  bed.writeStreams();
  bed.sign();
  kept = join(bed.folder, 'kept');
  cpSync(bed.root, kept, { recursive: true, preserveTimestamps: true });
  server = await serveFaulty(bed.site, bed.folder);
  certificates = await readCertificates(bed.certificate());
});
afterAll(async () => {
  await server.close();
  bed.remove();
});
let home: string;
let notices: string[];
beforeEach(() => {
  home = mkdtempSync(join(bed.folder, 'home-'));
  notices = [];
});
afterEach(() => {
  server.spoil(/^$/, undefined);
  rmSync(bed.root, { recursive: true });
  cpSync(kept, bed.root, { recursive: true, preserveTimestamps: true });
});

const inBuild = (name: string) => join(bed.pathOf(newer), name);
const wanted = imageName(alpine);

/** Makes a container of the image. */
async function create(change: Partial<CreateRequest> = {}): Promise<CreatedContainer> {
  const base = createRequest({ publisher: bed, url: server.url, home, defaultConf: '', name: 'c1', now });
  base.transport.close();
  const transport = createTransport({ attempts: 1, certificates: [server.certificate ?? ''] });
  try {
    return await createContainer({
      ...base,
      image: wanted,
      trust: {},
      transport,
      report: (event) => {
        if (event.type === 'notice') notices.push(event.message);
      },
      ...change,
    });
  } finally {
    transport.close();
    rmSync(join(home, 'lxc'), { recursive: true });
  }
}

async function expectRefused(code: string, change: Partial<CreateRequest> = {}): Promise<CooperError> {
  const error = await create(change).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof CooperError)) throw error ?? new Error('it was taken');
  expect(error.code, error.message).toBe(code);
  expect(existsSync(join(home, 'containers')) ? readdirSync(join(home, 'containers')) : []).toEqual([]);
  expect(existsSync(join(home, 'cache')) ? cached() : []).toEqual([]);
  return error;
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

const cached = () => readdirSync(join(home, 'cache')).filter((name) => name.endsWith('.tar.xz'));
const withKey = () => ({ trust: { keyid: bed.fingerprint, certificates } });

/** GNU tar finds the root to be what the server has, but for the name of the container. */
function expectRoot({ folder }: CreatedContainer, build = newer): void {
  const archive = join(kept, folderOf(build), 'rootfs.tar.xz');
  const words = ['--numeric-owner', '-dJf', archive, '-C', join(folder, 'rootfs'), '--exclude=./etc/hostname'];
  expect(execFileSync('tar', words, { encoding: 'utf8' })).toBe('');
  expect(readFileSync(join(folder, 'rootfs/etc/hostname'), 'utf8')).toBe('c1\n');
}

describeAsRoot('an image of a server without a catalog', () => {
  it('is the newest of its name, checked by the digests of the server, and says what that is worth', async () => {
    execFileSync('sh', ['-c', 'sha256sum *.tar.xz > SHA256SUMS'], { cwd: bed.pathOf(newer) });
    const made = await create();
    expect(made).toMatchObject({ image: wanted, build: newer.build, publisher: null, verified: 'checksum' });
    expect(made.lacking).toEqual([
      expect.stringContaining('without a signed catalog: nobody has signed'),
      expect.stringContaining('server controls both'),
    ]);
    expect(notices).toEqual(expect.arrayContaining([...made.lacking]));
    expect(notices).toHaveLength(new Set(notices).size);
    expectRoot(made);
    expect(readFileSync(join(made.folder, 'config'), 'utf8')).toContain(
      `# Made by cooper from ${wanted} ${newer.build} of ${server.url} verified by checksum\n`,
    );
  });

  it('is verified by signatures when their key is named with its certificate', async () => {
    const made = await create(withKey());
    expect(made).toMatchObject({ build: newer.build, publisher: bed.fingerprint, verified: 'signature' });
    expectRoot(made);
    rmSync(join(home, 'containers'), { recursive: true });
    rmSync(join(bed.root, 'keys'), { recursive: true });
    expect(await create(withKey())).toMatchObject({ verified: 'signature' });
  });

  it('may be an old one of a publisher whose catalog is hidden, unless the user has said that there is none', async () => {
    const trust = { keyid: bed.fingerprint };
    await expect(create({ trust })).rejects.toMatchObject({
      code: 'catalog-vanished',
      next: expect.stringContaining('--certificate'),
    });
    expect(existsSync(join(home, 'containers')) ? readdirSync(join(home, 'containers')) : []).toEqual([]);
  });

  it.each([['without a key'], ['with a key']])('is not fetched twice, but judged each time (%s)', async (how) => {
    const trust = how === 'with a key' ? withKey() : {};
    const first = await create(trust);
    expect(first).toMatchObject({ bytes: { reused: 0 }, verified: how === 'with a key' ? 'signature' : 'transport' });
    const names = cached();
    rmSync(join(home, 'containers'), { recursive: true });
    expect((await create(trust)).bytes.fetched).toBe(0);
    rmSync(join(home, 'containers'), { recursive: true });
    for (const name of names) appendFileSync(join(home, 'cache', name), 'more');
    expectRoot(await create(trust));
    rmSync(join(home, 'containers'), { recursive: true });
    expect((await create({ ...trust, flushCache: true })).bytes.reused).toBe(0);
    expect(cached().sort()).toEqual(names.sort());
  });

  it('comes without metadata for LXC where the server is for LXD alone, and gets the usual', async () => {
    rmSync(join(bed.root, 'meta'), { recursive: true });
    const { folder } = await create({ image: 'alpine/3.19/cloud' });
    expect(notices.join()).toContain('no metadata for LXC');
    expect(readFileSync(join(folder, 'config'), 'utf8')).toContain('/common.conf');
    expect(readFileSync(join(folder, 'rootfs/etc/hostname'), 'utf8')).toBe('c1\n');
  });

  it('is found by its fingerprint, which its files must give', async () => {
    const text = readFileSync(join(bed.root, 'streams/v1/images.json'), 'utf8');
    const { products } = JSON.parse(text) as { products: Record<string, { versions: Record<string, Version> }> };
    const items = products[wanted.replaceAll('/', ':')]?.versions[alpine.build]?.items;
    const fingerprint = items?.['lxd.tar.xz']?.combined_rootxz_sha256 ?? '';
    expectRoot(await create({ image: fingerprint.slice(0, 12) }), alpine);
    rmSync(home, { recursive: true });
    mkdirSync(home);
    const lie = `abcdef123456${fingerprint.slice(12)}`;
    writeFileSync(join(bed.root, 'streams/v1/images.json'), text.replaceAll(fingerprint, lie));
    await expectRefused('download-mismatch', { image: 'abcdef123456' });
  });

  it('is refused when several publishers have to have signed it', async () => {
    const threshold = { signatures: 2, publishers: [bed.fingerprint as Fingerprint] };
    await expectRefused('attestations-missing', { threshold });
  });

  it('is refused when this machine knows that there was a catalog', async () => {
    const configured = new Map([[parseServer(server.url).href, bed.fingerprint as Fingerprint]]);
    await expectRefused('catalog-vanished', { trust: { configured } });
  });

  it('is not there as a squashfs alone, which is said', async () => {
    const file = join(bed.root, 'streams/v1/images.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"ftype":"root.tar.xz"', '"ftype":"other"'));
    rmSync(join(bed.root, 'meta'), { recursive: true });
    appendFileSync(file, ' ');
    const text = readFileSync(file, 'utf8').replace(
      /("alpine:[^"]*:cloud".*)"ftype":"other"/,
      '$1"ftype":"root.tar.xz"',
    );
    writeFileSync(file, text);
    const error = await expectRefused('image-not-found');
    expect(error.lines.join('\n')).toContain('squashfs');
  });
});

interface Version {
  readonly items: Record<string, { readonly combined_rootxz_sha256?: string }>;
}

describeAsRoot('of a server that', () => {
  const replaceIn = (file: string, from: RegExp, to: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  it.each<[string, string, () => void, (() => Partial<CreateRequest>)?]>([
    ['hands out another root than it lists', 'download-mismatch', () => flip(inBuild('rootfs.tar.xz'))],
    [
      'hands out another root, and lists it',
      'signature-invalid',
      () => {
        rmSync(join(bed.root, 'streams'), { recursive: true });
        flip(inBuild('rootfs.tar.xz'));
      },
      withKey,
    ],
    [
      'has changed its index',
      'signature-invalid',
      () => appendFileSync(join(bed.root, 'meta/1.0/index-user'), '\n'),
      withKey,
    ],
    ['has not signed its index', 'upstream-unsigned', () => rmSync(join(bed.root, 'meta/1.0/index-user.asc')), withKey],
    ['has not signed a file', 'upstream-unsigned', () => rmSync(inBuild('meta.tar.xz.asc')), withKey],
    [
      'has another key',
      'key-mismatch',
      () => undefined,
      () => ({ trust: { ...withKey().trust, keyid: 'A'.repeat(40) } }),
    ],
    [
      'has a key whose certificate nobody has',
      'catalog-vanished',
      () => undefined,
      () => ({ trust: { keyid: bed.fingerprint } }),
    ],
    ['lists what it does not have', 'origin-incomplete', () => rmSync(inBuild('rootfs.tar.xz'))],
    [
      'leads elsewhere',
      'image-not-found',
      () => {
        rmSync(join(bed.root, 'meta'), { recursive: true });
        replaceIn(
          join(bed.root, 'streams/v1/images.json'),
          /"path":"images\/alpine\/3.19\/[^/]*\/default\/[^"]*/g,
          '"path":"../../etc/passwd',
        );
      },
    ],
    [
      'is no image server',
      'not-found-on-server',
      () => ['meta', 'streams'].map((name) => rmSync(join(bed.root, name), { recursive: true })),
    ],
    ['has no such image', 'image-not-found', () => undefined, () => ({ image: 'alpine/3.18' })],
    ['has no channels', 'image-not-found', () => undefined, () => ({ channel: 'testing' })],
    [
      'has a key that is to be remembered',
      'bad-usage',
      () => undefined,
      () => ({ trust: { acceptKey: 'A'.repeat(40) } }),
    ],
  ])('%s nothing is made (%s)', async (_what, code, spoil, change = () => ({})) => {
    spoil();
    await expectRefused(code, change());
  });

  it('breaks off there is one in the next run', async () => {
    server.spoil(/rootfs\.tar\.xz$/, faults['ends in the middle']);
    await expect(create()).rejects.toBeInstanceOf(CooperError);
    server.spoil(/^$/, undefined);
    expect(readdirSync(join(home, 'containers'))).toEqual([]);
    expectRoot(await create());
  });
});
