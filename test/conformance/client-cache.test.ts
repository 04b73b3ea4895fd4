// The client's cache: what a container is made of when no server answers or is asked, and what the cache may not be used for.

import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseKept, type KeptImage, type KeptRequest } from '../../client/cache/choose-kept.ts';
import {
  type CacheLimits,
  type CreatedContainer,
  type CreateRequest,
  cachedImages,
  createContainer,
  KeptFiles,
  openPublisher,
  pruneImages,
} from '../../client/index.ts';
import { parseWantedImage } from '../../client/verify/image-name.ts';
import type { CooperError } from '../../errors/index.ts';
import { openSigner, revokePublisherKey } from '../../keys/sign.ts';
import { publish, publishRevocation } from '../../server/index.ts';
import { imageName } from '../../variants/index.ts';
import { type CountingProxy, countingProxy } from '../client/counting-proxy.ts';
import {
  makeBuild,
  makePublisher,
  type Publisher,
  publishBuilds,
  serveTree,
  smallImage,
} from '../client/publication.ts';
import { createRequest } from '../client/request.ts';
import { describeAsRoot } from '../setup/as-root.ts';

const now = new Date();
const day = 24 * 3600_000;
const ago = (milliseconds: number) => new Date(now.getTime() - milliseconds);
const defaultConf = 'lxc.idmap = u 0 2000000 65536\nlxc.idmap = g 0 2000000 65536\n';
/** Nothing goes by itself. */
const endless: CacheLimits = { expiry: 1000 * day, size: 1e12 };
let publisher: Publisher;
let tree: string;
let proxy: CountingProxy;
let closeOrigin: () => Promise<void>;
/** A home that has made a container from the cache's image. */
let warm: string;

beforeAll(async () => {
  publisher = await makePublisher(ago(day));
  tree = await publishBuilds(publisher, [await makeBuild(publisher, ago(3600_000))], ago(3600_000));
  const origin = await serveTree(tree);
  closeOrigin = () => origin.close(0);
  proxy = await countingProxy(origin.url);
  warm = newHome();
  expect((await attempt(warm)).error).toBeUndefined();
});
afterAll(async () => {
  await proxy.close();
  await closeOrigin();
  publisher.remove();
});

const newHome = () => mkdtempSync(join(publisher.folder, 'home-'));
const nobody = 'http://127.0.0.1:9';
const cacheOf = (home: string) => join(home, 'cache');

/** A copy of the home of which somebody has made a container before, without that container. */
function warmHome(): string {
  const home = newHome();
  for (const name of ['cache', 'trust']) execFileSync('cp', ['-a', join(warm, name), home]);
  return home;
}

interface Outcome {
  readonly made?: CreatedContainer;
  readonly error?: CooperError;
  readonly notices: readonly string[];
}

let names = 0;

async function attempt(home: string, change: Partial<CreateRequest> = {}): Promise<Outcome> {
  names += 1;
  const base = createRequest({ publisher, url: proxy.url, home, defaultConf, name: `c${names}`, now });
  const notices: string[] = [];
  const report: CreateRequest['report'] = (event) => {
    if (event.type === 'notice' && event.stage !== 'plan') notices.push(event.message);
  };
  try {
    const made = await createContainer({ cacheLimits: endless, ...base, report, ...change });
    expect(existsSync(join(made.folder, 'rootfs/usr/bin/sh'))).toBe(true);
    return { made, notices };
  } catch (error) {
    const left = join(home, 'containers');
    if (existsSync(left))
      expect(readdirSync(left).filter((name) => name === base.name || name.startsWith('.'))).toEqual([]);
    return { error: error as CooperError, notices };
  } finally {
    base.transport.close();
  }
}

/** What would be taken of the cache, without making a container of it. */
async function chosen(
  home: string,
  change: Partial<KeptRequest> = {},
  name = imageName(smallImage),
): Promise<KeptImage> {
  const request = createRequest({ publisher, url: nobody, home, defaultConf, name: 'none', now });
  const wanted = parseWantedImage(name, smallImage.architecture);
  try {
    return await chooseKept(wanted, { ...request, kept: new KeptFiles(cacheOf(home)), old: 'refuse', ...change });
  } finally {
    request.transport.close();
  }
}

const archiveIn = (home: string): string =>
  readdirSync(cacheOf(home))
    .filter((name) => name.includes('.tar.'))
    .map((name) => join(cacheOf(home), name))
    .sort((one, other) => statSync(other).size - statSync(one).size)[0] ?? expect.fail('no archive');

function flipLast(file: string, back = 2000): void {
  const bytes = readFileSync(file);
  const at = Math.max(0, bytes.length - back);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describeAsRoot('a container without a server', () => {
  it('is made of what is in the cache, which is said, with the date', async () => {
    const { made, notices } = await attempt(warmHome(), { servers: [nobody] });
    expect(made).toMatchObject({ offline: true, bytes: { fetched: 0 }, publisher: publisher.fingerprint });
    expect(notices).toEqual([
      expect.stringContaining('no server has answered'),
      expect.stringContaining(`catalog of ${ago(3600_000).toISOString().slice(0, 16)}`),
    ]);
  });

  it('is not made when the cache has nothing, or the newest build is wanted', async () => {
    const cold = await attempt(newHome(), { servers: [nobody] });
    const newest = await attempt(warmHome(), { servers: [nobody], refresh: 'always' });
    expect([cold.error?.code, newest.error?.code]).toEqual(['server-unreachable', 'server-unreachable']);
    expect((await attempt(newHome(), { refresh: 'never' })).error).toMatchObject({ code: 'image-not-cached', exit: 1 });
  });

  it('is made without a single request when no server is to be asked', async () => {
    const before = proxy.requests('');
    const { made } = await attempt(warmHome(), { refresh: 'never' });
    expect(made?.offline).toBe(true);
    expect(proxy.requests('')).toBe(before);
  });

  it('is found by the fingerprint of the image, too', async () => {
    const { image } = await chosen(warm, {}, fingerprintIn(warm).slice(0, 12));
    expect(imageName(image)).toBe(imageName(smallImage));
  });

  it('of another image, another publisher or a key that nobody has named is not made', async () => {
    const other = await attempt(warmHome(), { refresh: 'never', image: 'small/one/amd64/other' });
    const stranger = await attempt(warmHome(), { refresh: 'never', trust: { keyid: '0'.repeat(40) } });
    const unnamed = await attempt(warmHome(), { refresh: 'never', trust: {} });
    expect([other, stranger, unnamed].map(({ error }) => error?.code)).toEqual(Array(3).fill('image-not-cached'));
  });
});

function fingerprintIn(home: string): string {
  const folder = join(cacheOf(home), 'documents');
  const texts = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return texts.find(({ fingerprint }) => fingerprint !== undefined)?.fingerprint ?? expect.fail('no manifest');
}

describeAsRoot('an old catalog in the cache', () => {
  it('that has expired is used only by who asks for it, and its date is said', async () => {
    const late = new Date(now.getTime() + 30 * day);
    const auto = await attempt(warmHome(), { servers: [nobody], now: late });
    expect(auto.error).toMatchObject({ code: 'server-unreachable', next: expect.stringContaining('--refresh never') });
    expect(auto.error?.lines).toEqual([expect.stringContaining('expired on')]);
    const { notices } = await chosen(warmHome(), { old: 'take', now: late });
    expect(notices).toEqual([expect.stringMatching(/catalog \(serial \d+\) expired on 20/)]);
  });

  it('is of no use once the key that has signed it has ended', async () => {
    const { error } = await attempt(warmHome(), { refresh: 'never', now: new Date(now.getTime() + 100 * day) });
    expect(error).toMatchObject({ code: 'signature-expired', exit: 3 });
  });

  it('is not taken in place of a newer one that this machine has seen, unless somebody asks for it', async () => {
    const newer = await publishedAnew();
    const home = warmHome();
    await remembering(home, newer.url);
    await newer.close();
    const auto = await attempt(home, { servers: [nobody] });
    const never = await chosen(home, { old: 'take' });
    const rollback = await attempt(home);
    expect(auto.error?.lines).toEqual([expect.stringContaining('[rollback-refused]')]);
    expect(never.notices).toEqual([expect.stringMatching(/already seen \d+/)]);
    // What was let pass for the cache is not let pass for a server.
    expect(rollback.error).toMatchObject({ code: 'rollback-refused', exit: 3 });
  });

  it('still has the builds that are here when the newest is not', async () => {
    const newer = await publishedAnew();
    const home = warmHome();
    const stopped = new AbortController();
    const report: CreateRequest['report'] = (event) => {
      if (event.type === 'stage-start' && event.stage === 'fetch') stopped.abort(new Error('stopped'));
    };
    await attempt(home, { servers: [newer.url], report, signal: stopped.signal });
    await newer.close();
    const { image, notices } = await chosen(home);
    expect(image.build).not.toBe(newer.build);
    expect(notices).toEqual([`there is a newer build, ${newer.build}, which is not in the cache`]);
  });

  it('is of no use for a key that was revoked since', async () => {
    const other = await makePublisher(ago(day));
    const own = await publishBuilds(other, [await makeBuild(other, ago(3600_000))], ago(3600_000));
    const server = await serveTree(own);
    const home = newHome();
    const from = { servers: [server.url], trust: { keyid: other.fingerprint } };
    const first = await attempt(home, from);
    const noKey = () => Promise.reject(new Error('it has no passphrase'));
    const passphrases = { key: noKey, primary: noKey };
    const { certificate } = await revokePublisherKey(other.keys, 'all', { passphrases, now: ago(1200_000) });
    await publishRevocation(own, certificate, ago(1200_000));
    const seen = await attempt(home, from);
    await server.close(0);
    const later = [await attempt(home, { ...from, refresh: 'never' }), await attempt(home, from)];
    other.remove();
    expect([first.error?.code, seen.error?.code]).toEqual([undefined, 'signature-revoked']);
    expect(later[0]?.error?.code).toBe('signature-revoked');
    expect(later[1]?.error).toMatchObject({ lines: [expect.stringContaining('[signature-revoked]')] });
  });
});

/** Whoever looks at a server remembers its serial. */
async function remembering(home: string, server: string): Promise<void> {
  const request = createRequest({ publisher, url: server, home, defaultConf, name: 'none', now });
  await openPublisher({ ...request, server });
  request.transport.close();
}

interface Newer {
  readonly url: string;
  readonly build: string;
  /** What is published. */
  readonly tree: string;
  close(): Promise<void>;
}

/** The same publisher, with a build more, on a server of its own. */
async function publishedAnew(): Promise<Newer> {
  const copy = mkdtempSync(join(publisher.folder, 'copy-'));
  execFileSync('cp', ['-a', `${tree}/.`, copy]);
  const build = await makeBuild(publisher, ago(600_000), { lxc: { 'create-message': 'Another one.\n' } });
  await publish(copy, [build], await openSigner(publisher.keys, ago(600_000)), ago(600_000));
  const server = await serveTree(copy);
  return { url: server.url, build: build.manifest?.build ?? '', tree: copy, close: () => server.close(0) };
}

describeAsRoot('a server that does not say in time what it has', () => {
  it('is not waited for, and asked again when the container is there', async () => {
    const newer = await publishedAnew();
    const home = warmHome();
    let stalls = true;
    const slow = await countingProxy(newer.url, (path) =>
      stalls && path.startsWith('/keys/') ? new Promise(() => undefined) : undefined,
    );
    const report: CreateRequest['report'] = (event) => {
      if (event.type === 'stage-end' && event.stage === 'commit') stalls = false;
    };
    const { made } = await attempt(home, { servers: [slow.url], report });
    await Promise.all([slow.close(), newer.close()]);
    expect(made).toMatchObject({ offline: true });
    expect(made?.build).not.toBe(newer.build);
    expect((await chosen(home)).image.build).toBe(newer.build);
  });
});

describeAsRoot('an image that several must have signed', () => {
  it('needs their signatures in the cache as well', async () => {
    const stranger = await makePublisher(ago(day));
    const threshold = { signatures: 2, publishers: [stranger.fingerprint] } as unknown as NonNullable<
      CreateRequest['threshold']
    >;
    const newer = await publishedAnew();
    const live = join(newer.tree, 'live');
    const images = join(newer.tree, 'images');
    const signer = await openSigner(stranger.keys, now);
    for (const name of readdirSync(images, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('image.json'),
    )) {
      const folder = join(images, name, '..', 'attestations');
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, `${stranger.fingerprint}.asc`),
        await signer.signDetached(readFileSync(join(images, name))),
      );
    }
    writeFileSync(join(live, 'keys', `${stranger.fingerprint}.asc`), signer.certificate);
    const home = newHome();
    const online = await attempt(home, { servers: [newer.url], threshold });
    await newer.close();
    const offline = await chosen(home, { threshold });
    rmSync(join(cacheOf(home), 'attestations'), { recursive: true });
    const without = await attempt(home, { refresh: 'never', threshold });
    stranger.remove();
    expect(online.error).toBeUndefined();
    expect(offline.image.build).toBe(newer.build);
    expect(without.error).toMatchObject({ code: 'attestations-missing', exit: 3 });
  });
});

describeAsRoot('a cache that is damaged', () => {
  it('in an archive is mended from the server, and by no more than that', async () => {
    const home = warmHome();
    flipLast(archiveIn(home));
    const { made } = await attempt(home);
    expect(made?.bytes.fetched).toBeGreaterThan(0);
    const sum = execFileSync('sha256sum', [archiveIn(home)], { encoding: 'utf8' });
    expect(basename(archiveIn(home)).slice(0, 64)).toBe(sum.slice(0, 64));
  });

  it('in an archive is refused where nothing may be fetched', async () => {
    const home = warmHome();
    flipLast(archiveIn(home));
    expect((await attempt(home, { refresh: 'never' })).error?.code).toBe('image-not-cached');
  });

  it.each(['documents', 'catalogs'])('in %s does not matter as long as a server answers', async (name) => {
    const home = warmHome();
    const folder = join(cacheOf(home), name);
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.json'),
    )) {
      writeFileSync(join(folder, file), '{"schemaVersion":1');
    }
    expect((await attempt(home, { refresh: 'never' })).error?.code).toBe('image-not-cached');
    expect((await attempt(home)).made?.bytes.fetched).toBe(0);
    expect((await chosen(home)).notices).toEqual([]);
  });

  it('in a catalog whose text somebody has changed is refused', async () => {
    const home = warmHome();
    const file = join(cacheOf(home), 'catalogs', publisher.fingerprint, 'small.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\\"serial\\": *\d+/, '\\"serial\\": 9'));
    expect((await attempt(home, { refresh: 'never' })).error).toMatchObject({ code: 'signature-invalid', exit: 3 });
  });
});

describeAsRoot('a cache folder', () => {
  it('that is a file is told', async () => {
    const home = newHome();
    writeFileSync(join(home, 'file'), '');
    expect((await attempt(home, { cacheDir: join(home, 'file') })).error).toMatchObject({
      code: 'image-cache-unusable',
      exit: 1,
    });
  });

  it('that can only be read does for an image that is there, and is told for one that is not', async () => {
    const home = warmHome();
    const empty = newHome();
    mkdirSync(cacheOf(empty));
    for (const each of [home, empty]) {
      execFileSync('mount', ['--bind', cacheOf(each), cacheOf(each)]);
      execFileSync('mount', ['-o', 'remount,bind,ro', cacheOf(each)]);
    }
    try {
      expect((await attempt(home)).error).toBeUndefined();
      expect((await chosen(home)).notices).toEqual([]);
      expect((await attempt(empty)).error?.code).toBe('image-cache-unusable');
    } finally {
      for (const each of [home, empty]) execFileSync('umount', [cacheOf(each)]);
    }
  });

  it('on a full disk does for an image that is there, and gives back what another took', async () => {
    const home = newHome();
    mkdirSync(cacheOf(home));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'cooper-test', cacheOf(home)]);
    const fill = () =>
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0" 2>/dev/null || true', join(cacheOf(home), 'full')]);
    try {
      fill();
      expect((await attempt(home)).error?.code).toBe('no-space');
      expect(readdirSync(cacheOf(home)).filter((name) => name.endsWith('.part'))).toEqual([]);
      rmSync(join(cacheOf(home), 'full'));
      expect((await attempt(home)).error).toBeUndefined();
      fill();
      expect((await attempt(home)).made?.bytes.fetched).toBe(0);
    } finally {
      execFileSync('umount', [cacheOf(home)]);
    }
  });
});

describeAsRoot('images that nobody uses', () => {
  const tenDays: CacheLimits = { expiry: 10 * day, size: 1e12 };
  const age = (home: string) => {
    const old = ago(11 * day);
    for (const name of readdirSync(cacheOf(home), { recursive: true, encoding: 'utf8' })) {
      const file = join(cacheOf(home), name);
      if (statSync(file).isFile()) utimesSync(file, old, old);
    }
  };

  it('go with all that is kept for them, and what was used a moment ago stays', async () => {
    const home = warmHome();
    const files = new KeptFiles(cacheOf(home));
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toEqual([]);
    age(home);
    const dry = await pruneImages(files, tenDays, now.getTime(), true);
    expect(dry.removed).toMatchObject([{ image: imageName(smallImage) }]);
    expect(await cachedImages(files)).toHaveLength(1);
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toHaveLength(1);
    const left = readdirSync(cacheOf(home), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => statSync(join(cacheOf(home), name)).isFile())).toEqual([]);
  });

  it('are used by making a container of them, with or without a server', async () => {
    for (const change of [{}, { refresh: 'never' }] as const) {
      const home = warmHome();
      age(home);
      await attempt(home, { ...change, cacheLimits: tenDays });
      expect(await cachedImages(new KeptFiles(cacheOf(home)))).toHaveLength(1);
      expect((await chosen(home)).notices).toEqual([]);
    }
  });

  it('stay while another process has one in its hands', async () => {
    const home = warmHome();
    age(home);
    const files = new KeptFiles(cacheOf(home));
    const [image] = await cachedImages(files);
    const lock = join(cacheOf(home), 'locks', image?.manifest ?? '');
    const holder = spawn('flock', ['--shared', lock, 'sh', '-c', 'echo locked; cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const held = await pruneImages(files, tenDays, now.getTime());
    const ended = new Promise((resolve) => holder.once('close', resolve));
    holder.stdin.end();
    await ended;
    expect([held.removed.length, held.stayed.length]).toEqual([0, 1]);
    expect((await pruneImages(files, tenDays, now.getTime())).removed).toHaveLength(1);
  });

  it('make room for a new one by the next create', async () => {
    const newer = await publishedAnew();
    const home = warmHome();
    const cached = await cachedImages(new KeptFiles(cacheOf(home)));
    const size = cached.reduce((sum, { bytes }) => sum + bytes, 0) + 100;
    const { made, notices } = await attempt(home, { servers: [newer.url], cacheLimits: { expiry: 10 * day, size } });
    await newer.close();
    const builds = (await cachedImages(new KeptFiles(cacheOf(home)))).map(({ build }) => build);
    expect(builds).toEqual([made?.build]);
    expect(notices).toContainEqual(expect.stringContaining('no longer in the cache'));
  });
});
