// A copy of a publisher's tree that is served by somebody else: the same files, only what is new fetched, and never half of a
// generation.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createContainer, type TrustChoice } from '../../client/index.ts';
import type { Event } from '../../events/index.ts';
import { createTransport } from '../../fetch/index.ts';
import { wholeSelection } from '../../image/index.ts';
import { openSigner } from '../../keys/sign.ts';
import {
  type MirroredGeneration,
  mirror,
  publish,
  type RunningServer,
  revise,
  rolledBack,
  type SignedBuild,
  withEndOfLife,
  withoutImage,
} from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { after, before, packages, packPackages } from '../client/update.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { requests } from './mirror-bed.ts';

const now = new Date();
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
let publisher: Publisher;
let first: SignedBuild;
let second: SignedBuild;
/** Of the origin. */
let origin: string;
let server: RunningServer;
/** Of the mirror. */
let tree: string;

beforeAll(async () => {
  publisher = await makePublisher(ago(120));
  const lxc = { templates: '' };
  first = await makeBuild(publisher, ago(60), { rootfs: await packPackages(publisher, before, 'zst'), lxc });
  second = await makeBuild(publisher, ago(30), { rootfs: await packPackages(publisher, after, 'zst'), lxc });
});
afterAll(() => publisher.remove());

beforeEach(async () => {
  origin = await publishBuilds(publisher, [first], ago(50));
  server = await serveTree(origin);
  tree = join(mkdtempSync(join(publisher.folder, 'mirror-')), 'tree');
  chmodSync(join(tree, '..'), 0o755);
  return () => server.close(0);
});

const publishSecond = async () => {
  await publish(origin, [second], await openSigner(publisher.keys, ago(20)), ago(20));
};

/** Mirrors the origin; `on` hears of every event first. */
async function follow(
  on: (event: Event) => void = () => undefined,
  at = now,
  trust: TrustChoice = { keyid: publisher.fingerprint },
): Promise<MirroredGeneration> {
  const stop = new AbortController();
  const transport = createTransport({ attempts: 1 });
  const report = (event: Event) => {
    try {
      on(event);
    } catch (error) {
      stop.abort(error);
    }
  };
  try {
    const trustDir = join(tree, '../trust');
    const from = { server: server.url, selection: wholeSelection, trust, trustDir, transport };
    return await mirror(tree, { ...from, now: at, grace: 48, report, signal: stop.signal });
  } finally {
    transport.close();
  }
}

/** Names, contents, modes and links of what is served, by tools that know nothing of Cooper. */
function expectSameTree(): void {
  execFileSync('diff', ['-r', '--no-dereference', join(origin, 'live/'), join(tree, 'live/')]);
  execFileSync('diff', ['-r', join(origin, 'images'), join(tree, 'images')]);
  const modes = (top: string) => execFileSync('find', ['-L', '.', '-printf', '%m %p\n'], { cwd: join(top, 'live') });
  const sorted = (top: string) => modes(top).toString().split('\n').sort();
  expect(sorted(tree)).toEqual(sorted(origin));
}

/** Nothing but the tree itself. */
function expectTidy(): void {
  const names = readdirSync(tree).filter((name) => !['.lock', '.origin.json'].includes(name));
  expect(names.sort()).toEqual(['format', 'generations', 'images', 'live']);
}

const treeFiles = () =>
  existsSync(join(tree, 'live')) ? execFileSync('find', ['-L', '.', '-type', 'f'], { cwd: join(tree, 'live') }) : '';

describeAsRoot('a mirror', () => {
  it('has what its origin has, byte for byte, and nothing else', async () => {
    const { builds, images, bytes } = await follow();
    expect({ builds: builds.length, images, reused: bytes.reused }).toEqual({ builds: 1, images: 1, reused: 0 });
    expectSameTree();
    expectTidy();
    execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(tree, 'live', builds[0]?.path ?? '') });
  });

  it('fetches of an update what is new, of both archives', async () => {
    const whole = await follow();
    await publishSecond();
    const { builds, bytes, serial } = await follow();
    expect(builds).toHaveLength(1);
    expect(serial).toBeGreaterThan(whole.serial);
    expect(bytes.fetched).toBeLessThan(whole.bytes.fetched * 0.55);
    expectSameTree();
    expectTidy();
  });

  it('asks for the catalog alone when nothing is new', async () => {
    const whole = await follow();
    const generations = readdirSync(join(tree, 'generations'));
    const asked = requests();
    const lag = { ...whole.lag, before: whole.serial };
    expect(await follow()).toEqual({ ...whole, builds: [], bytes: { fetched: 0, reused: 0 }, lag });
    expect(asked.end()).toEqual([['/cooper/v1/catalog', true]]);
    expect(readdirSync(join(tree, 'generations'))).toEqual(generations);
  });

  it('looks anew when another key is named than the one it found', async () => {
    await follow();
    await expect(follow(undefined, now, { keyid: 'A'.repeat(40) })).rejects.toMatchObject({ code: 'key-mismatch' });
  });

  it('does not call itself unchanged when its own catalog was changed', async () => {
    const { serial } = await follow();
    const catalog = join(tree, 'live/cooper/v1/catalog');
    writeFileSync(catalog, 'nothing');
    await expect(follow()).rejects.toMatchObject({ code: 'tree-damaged' });
    writeFileSync(catalog, readFileSync(join(origin, 'live/cooper/v1/catalog')));
    expect((await follow()).serial).toBe(serial);
  });

  it('follows a generation without new builds', async () => {
    const { serial } = await follow();
    await publish(origin, [], await openSigner(publisher.keys, ago(20)), ago(20));
    const again = await follow();
    expect(again.builds).toEqual([]);
    expect(again.serial).toBeGreaterThan(serial);
    expectSameTree();
  });

  it('serves clients, who need to know nothing of it', async () => {
    await follow();
    const copy = await serveTree(tree);
    const home = mkdtempSync(join(publisher.folder, 'home-'));
    const defaultConf = 'lxc.net.0.type = empty\n';
    const request = createRequest({ publisher, url: copy.url, home, defaultConf, name: 'c', now });
    try {
      const { folder } = await createContainer(request);
      const data = readFileSync(join(folder, 'rootfs/usr/share', packages[5] ?? '', 'data'));
      expect(data.equals(before[5] ?? Buffer.alloc(0))).toBe(true);
    } finally {
      request.transport.close();
      await copy.close(0);
    }
  });

  it('starts again when its origin publishes meanwhile, and never mixes two generations', async () => {
    let published: Promise<void> | undefined;
    const { builds } = await follow((event) => {
      if (event.type === 'stage-start' && event.stage === 'switch') published ??= publishSecond();
    }).finally(() => published);
    const paths = builds.map(({ path }) => path);
    // Either it saw the new generation, or it has all of the old one.
    if (paths.length === 2) expectSameTree();
    const again = await follow();
    expect(paths.length + again.builds.length).toBe(2);
    expectSameTree();
    expectTidy();
  });

  it('that is broken off keeps what it had, and goes on there', async () => {
    await follow();
    await publishSecond();
    const live = treeFiles();
    const reason = new Error('enough');
    const broken = follow((event) => {
      if (event.type === 'stage-start' && event.stage === 'switch') throw reason;
    });
    await expect(broken).rejects.toBe(reason);
    expect(treeFiles()).toEqual(live);
    const { bytes, builds } = await follow();
    expect(builds).toHaveLength(1);
    // Signatures and image.json alone.
    expect(bytes.fetched).toBeLessThan(300_000);
    expectSameTree();
    expectTidy();
  });

  it('that ended between its builds and its flip goes on there', async () => {
    const whole = await follow();
    await publishSecond();
    // What is on the disk then: a build that nobody announces, its journal, and a generation that is not live.
    const [serial] = readdirSync(join(origin, 'generations')).sort().reverse();
    const build = second.manifest?.build ?? '';
    const folder = join('images', imageName(smallImage), build);
    cpSync(join(origin, folder), join(tree, folder), { recursive: true });
    mkdirSync(join(tree, '.staging'));
    writeFileSync(join(tree, '.staging/placed'), `${folder}/\n`);
    mkdirSync(join(tree, 'generations', serial ?? '', 'cooper'), { recursive: true });
    const { bytes, builds } = await follow();
    expect(builds.map((each) => each.build)).toEqual([build]);
    expect(bytes.fetched).toBeLessThan(whole.bytes.fetched * 0.1);
    expectSameTree();
    expectTidy();
  });

  describe('whose origin gives a build up', () => {
    const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
    const builds = () => readdirSync(join(tree, 'images', imageName(smallImage)));
    const revised = async (change: Parameters<typeof revise>[1]) => {
      await revise(origin, change, await openSigner(publisher.keys, ago(10)), ago(10));
    };
    const withdraw = () => revised((offer) => rolledBack(offer, smallImage, 'stable', undefined));

    it('keeps its files for the grace from when it saw that, and no longer', async () => {
      await publishSecond();
      await follow();
      await withdraw();
      expect((await follow(undefined, later(1))).removed).toEqual([]);
      expect((await follow(undefined, later(48))).removed).toEqual([]);
      expect(builds()).toHaveLength(2);
      const path = `images/${imageName(smallImage)}/${second.manifest?.build}/`;
      expect((await follow(undefined, later(49))).removed).toEqual([path]);
      expect(builds()).toEqual([first.manifest?.build]);
      execFileSync('diff', ['-r', '--no-dereference', '-x', 'images', join(origin, 'live/'), join(tree, 'live/')]);
      expectTidy();
    });

    it('follows it to an offer of nothing', async () => {
      await follow();
      await revised((offer) => withoutImage(offer, smallImage));
      expect((await follow()).images).toBe(0);
      execFileSync('diff', ['-r', '--no-dereference', join(origin, 'live/'), join(tree, 'live/')]);
      expect((await follow(undefined, later(49))).removed).toHaveLength(1);
      expect(readdirSync(join(tree, 'images'))).toEqual([]);
    });

    it('has the channels, pins and ends of life of its origin', async () => {
      await follow();
      const signer = await openSigner(publisher.keys, ago(20));
      await publish(origin, [second], signer, ago(20), { channel: 'testing' });
      await revised((offer) => withEndOfLife(offer, smallImage, later(0).toISOString()));
      await follow();
      expectSameTree();
      expect(existsSync(join(tree, 'live/testing/images'))).toBe(true);
    });
  });

  const inBuild = (name: string) => {
    const folder = execFileSync('find', [join(origin, 'images'), '-name', name])
      .toString()
      .trim()
      .split('\n');
    return folder.sort().at(-1) ?? '';
  };
  const empty = (path: string) => writeFileSync(path, Buffer.alloc(readFileSync(path).length));
  const flip = (path: string) => {
    const bytes = readFileSync(path);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  };

  it.each<[string, () => void, string]>([
    ['an archive that is damaged', () => empty(inBuild('rootfs.tar.zst')), 'download-mismatch'],
    ['metadata that are damaged', () => flip(inBuild('meta.tar.xz')), 'download-mismatch'],
    ['another image.json', () => appendFileSync(inBuild('image.json'), ' '), 'download-too-large'],
    [
      'a signature of something else',
      () => writeFileSync(inBuild('image.json.asc'), readFileSync(inBuild('SHA256SUMS.asc'))),
      'origin-incomplete',
    ],
    ['a signature of an archive that is none', () => flip(inBuild('meta.tar.xz.asc')), 'origin-incomplete'],
    ['another binary signature', () => flip(inBuild('SHA256SUMS.gpg')), 'origin-incomplete'],
    ['other sums', () => appendFileSync(inBuild('SHA256SUMS'), 'x'), 'origin-incomplete'],
    ['another index', () => appendFileSync(join(origin, 'live/meta/1.0/index-user'), 'x;y;z\n'), 'download-too-large'],
    ['a forged catalog', () => flip(join(origin, 'live/cooper/v1/catalog')), 'signature-invalid'],
  ])('of an origin with %s keeps what it had', async (_what, spoil, code) => {
    await follow();
    await publishSecond();
    const live = treeFiles();
    spoil();
    await expect(follow()).rejects.toMatchObject({ code });
    expect(treeFiles()).toEqual(live);
  });

  it('is of one publisher', async () => {
    await follow();
    const other = await makePublisher(ago(120));
    try {
      const theirs = await publishBuilds(other, [await makeBuild(other, ago(60))], ago(50));
      await server.close(0);
      server = await serveTree(theirs);
      const own = publisher;
      publisher = other;
      await expect(follow()).rejects.toMatchObject({ code: 'tree-damaged' });
      publisher = own;
    } finally {
      other.remove();
    }
  });
});
