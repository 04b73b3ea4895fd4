import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { catalogSchema, shardSchema } from '../../../image/catalog.ts';
import { readCertificates, sha256Of, verifyClearSigned, verifyDetached } from '../../../keys/index.ts';
import { generatePublisherKey, openSigner, type Signer } from '../../../keys/sign.ts';
import { listPublished, nextBuildName, type PublishStep, publish } from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';

const day = 24 * 3600 * 1000;
const now = new Date('2026-02-01T12:00:30Z');
const first = '20260201_12:00';
const second = '20260201_12:01';
let folder: string;
let tree: string;
let signer: Signer;

const keys = mkdtempSync(join(tmpdir(), 'cooper-publish-keys-'));

beforeAll(async () => {
  await generatePublisherKey(keys, { now: new Date('2026-01-01') });
  signer = await openSigner(keys, now);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-publish-'));
  tree = join(folder, 'tree');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => rmSync(keys, { recursive: true, force: true }));

const made = (build: string, id = mini) => madeBuild(folder, signer, id, build);
const live = (path: string) => readFileSync(join(tree, 'live', path), 'utf8');

async function catalog() {
  const certificates = await readCertificates(Buffer.from(live(`keys/${signer.fingerprint}.asc`)));
  const { text } = await verifyClearSigned(live('cooper/v1/catalog'), certificates, now);
  return catalogSchema.parse(JSON.parse(text));
}

async function imagesOnOffer() {
  const { shards } = await catalog();
  const texts = Object.values(shards).map(({ sha256 }) => live(`cooper/v1/shards/${sha256}.json`));
  return texts.flatMap((text) => shardSchema.parse(JSON.parse(text)).images);
}

describe('a published generation', () => {
  test('has a signed catalog that leads to every image.json by digest', async () => {
    await publish(tree, [await made(first)], signer, now);
    const { publisher, issued, expires, certificate, shards } = await catalog();
    expect(publisher).toBe(signer.fingerprint);
    expect(issued).toBe(now.toISOString());
    expect(Date.parse(expires) - now.getTime()).toBe(14 * day);
    expect(certificate.sha256).toBe(sha256Of(live(`keys/${publisher}.asc`)));
    const shard = live(`cooper/v1/shards/${shards.debian?.sha256}.json`);
    expect(sha256Of(shard)).toBe(shards.debian?.sha256);
    const build = (await imagesOnOffer())[0]?.builds[0];
    expect(build?.path).toBe(`images/debian/bookworm/amd64/mini/${first}/`);
    expect(sha256Of(live(`${build?.path}image.json`))).toBe(build?.manifest.sha256);
  });

  test('lists each image with its newest build in the four LXC indexes, signed', async () => {
    const large = { ...mini, variant: 'large' };
    await publish(tree, [await made(second), await made(first), await made(first, large)], signer, now);
    const certificates = await readCertificates(Buffer.from(live('pks/lookup')));
    for (const name of ['index-system', 'index-user', 'index-system.7', 'index-user.7']) {
      const text = live(`meta/1.0/${name}`);
      expect(text.split('\n')).toEqual([
        `debian;bookworm;amd64;large;${first};/images/debian/bookworm/amd64/large/${first}/`,
        `debian;bookworm;amd64;mini;${second};/images/debian/bookworm/amd64/mini/${second}/`,
        '',
      ]);
      await verifyDetached(Buffer.from(text), live(`meta/1.0/${name}.asc`), certificates, now);
    }
  });

  test('can be listed, each image with its newest build', async () => {
    expect(await listPublished(tree)).toEqual([]);
    await publish(tree, [await made(first), await made(second)], signer, now);
    const directory = join(tree, `images/debian/bookworm/amd64/mini/${second}/`);
    const previous = join(tree, `images/debian/bookworm/amd64/mini/${first}/`);
    expect(await listPublished(tree)).toEqual([
      { ...mini, title: 'debian mini <&>', build: second, channels: ['stable'], directory, previous },
    ]);
  });

  test('takes a folder whose manifest the caller does not know', async () => {
    const { directory } = await made(first);
    const { builds } = await publish(tree, [{ directory }], signer, now);
    const path = `images/debian/bookworm/amd64/mini/${first}/`;
    expect(builds).toEqual([{ image: 'debian/bookworm/amd64/mini', build: first, path }]);
  });

  test('keeps older builds in the catalog, newest first, and on disk', async () => {
    await publish(tree, [await made(first)], signer, now);
    await publish(tree, [await made(second)], signer, now);
    expect((await imagesOnOffer())[0]?.builds.map(({ build }) => build)).toEqual([second, first]);
    expect(readdirSync(join(tree, 'images/debian/bookworm/amd64/mini'))).toEqual([first, second]);
  });

  test('is reached by relative links only', async () => {
    const { serial } = await publish(tree, [await made(first)], signer, now);
    expect(readlinkSync(join(tree, 'live'))).toBe(`generations/${serial}`);
    expect(readlinkSync(join(tree, 'live/images'))).toBe('../../images');
  });

  test('leaves the build folder as it was, and no staging folder', async () => {
    const build = await made(first);
    const before = readdirSync(build.directory);
    await publish(tree, [build], signer, now);
    expect(readdirSync(build.directory)).toEqual(before);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
  });

  test('can be read by every user, whatever the mode of the build folder', async () => {
    const build = await made(first);
    for (const name of readdirSync(build.directory)) chmodSync(join(build.directory, name), 0o600);
    await publish(tree, [build], signer, now);
    for (const name of readdirSync(build.directory)) {
      expect(statSync(join(tree, `images/debian/bookworm/amd64/mini/${first}`, name)).mode & 0o777).toBe(0o644);
    }
  });

  test('is refreshed without builds: later expiry, higher serial, same images', async () => {
    await publish(tree, [await made(first)], signer, now);
    const before = await catalog();
    const later = new Date(now.getTime() + day);
    await publish(tree, [], await openSigner(keys, later), later);
    const message = live('cooper/v1/catalog');
    const certificates = await readCertificates(Buffer.from(signer.certificate));
    const after = JSON.parse((await verifyClearSigned(message, certificates, later)).text);
    expect(after.serial).toBeGreaterThan(before.serial);
    expect(Date.parse(after.expires) - Date.parse(before.expires)).toBe(day);
    expect(after.shards).toEqual(before.shards);
  });

  test('has a serial that grows even when the clock goes back', async () => {
    const { serial } = await publish(tree, [await made(first)], signer, now);
    const earlier = new Date(now.getTime() - day);
    const again = await publish(tree, [], await openSigner(keys, earlier), earlier);
    expect(again.serial).toBe(serial + 1);
  });

  test('is one of few that are kept', async () => {
    await publish(tree, [await made(first)], signer, now);
    for (let count = 0; count < 7; count++) await publish(tree, [], signer, now);
    expect(readdirSync(join(tree, 'generations'))).toHaveLength(5);
  });
});

describe('publishing refuses', () => {
  const change: [string, (directory: string) => void][] = [
    ['a changed file', (directory) => writeFileSync(join(directory, 'rootfs.tar.xz'), 'other')],
    ['a missing file', (directory) => rmSync(join(directory, 'meta.tar.xz'))],
    ['a missing signature', (directory) => rmSync(join(directory, 'rootfs.tar.xz.asc'))],
    ['a file that is not listed', (directory) => writeFileSync(join(directory, 'extra'), '')],
    ['a folder inside', (directory) => mkdirSync(join(directory, 'folder'))],
    ['no image.json', (directory) => rmSync(join(directory, 'image.json'))],
    ['an image.json that is no JSON', (directory) => writeFileSync(join(directory, 'image.json'), '{')],
    ['an image.json of another schema', (directory) => writeFileSync(join(directory, 'image.json'), '{"a": 1}')],
    ['changed sums', (directory) => writeFileSync(join(directory, 'SHA256SUMS'), '')],
    ["somebody else's signature", (directory) => writeFileSync(join(directory, 'image.json.asc'), 'none')],
    ['an empty folder', (directory) => rmSync(directory, { recursive: true })],
  ];

  test.each(change)('a build with %s, and publishes nothing', async (_what, breakIt) => {
    const good = await made(first);
    const bad = await made(second);
    breakIt(bad.directory);
    await expect(publish(tree, [good, bad], signer, now)).rejects.toMatchObject({ code: 'build-incomplete' });
    expect(existsSync(join(tree, 'live'))).toBe(false);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
    expect(existsSync(join(tree, `images/debian/bookworm/amd64/mini/${first}`))).toBe(false);
  });

  test('all faults of a build at once', async () => {
    const bad = await made(first);
    rmSync(join(bad.directory, 'meta.tar.xz'));
    writeFileSync(join(bad.directory, 'extra'), '');
    await expect(publish(tree, [bad], signer, now)).rejects.toMatchObject({
      lines: ['meta.tar.xz is missing', 'extra is not listed in image.json'],
    });
  });

  test('a build under the name of another image', async () => {
    const build = await made(first);
    const renamed = { ...build, manifest: { ...build.manifest, variant: 'large' } };
    await expect(publish(tree, [renamed], signer, now)).rejects.toMatchObject({ code: 'build-incomplete' });
  });

  test('a build that is published already, which stays as it is', async () => {
    const build = await made(first);
    await publish(tree, [build], signer, now);
    await expect(publish(tree, [build], signer, now)).rejects.toMatchObject({ code: 'build-exists' });
    expect(live(`images/debian/bookworm/amd64/mini/${first}/packages.json`)).toContain('packages.json of mini');
  });

  test('to refresh a tree in which nothing was published', async () => {
    await expect(publish(tree, [], signer, now)).rejects.toMatchObject({ code: 'not-published' });
  });

  test("to sign on over a catalog or shard that was tampered with, or another publisher's", async () => {
    await publish(tree, [await made(first)], signer, now);
    await generatePublisherKey(join(folder, 'other'), { now: new Date('2026-01-01') });
    const other = await openSigner(join(folder, 'other'), now);
    await expect(publish(tree, [], other, now)).rejects.toMatchObject({ code: 'tree-damaged' });
    const { shards } = await catalog();
    const shard = join(tree, `live/cooper/v1/shards/${shards.debian?.sha256}.json`);
    writeFileSync(shard, readFileSync(shard, 'utf8').replace('mini', 'evil'));
    await expect(publish(tree, [], signer, now)).rejects.toMatchObject({ code: 'tree-damaged' });
  });
});

describe('a publish that is cut off', () => {
  const steps: PublishStep[] = ['clean', 'place', 'write', 'switch'];

  test.each(steps)('before "%s" leaves the old generation live, and the next one succeeds', async (last) => {
    const { serial } = await publish(tree, [await made(first)], signer, now);
    const build = await made(second);
    const onStep = (step: PublishStep) => {
      if (step === last) throw new Error('cut');
    };
    const cut = publish(tree, [build], signer, now, { onStep });
    await expect(cut).rejects.toThrow('cut');
    expect(readlinkSync(join(tree, 'live'))).toBe(`generations/${serial}`);
    expect((await imagesOnOffer())[0]?.builds.map(({ build }) => build)).toEqual([first]);
    await publish(tree, [build], signer, now);
    expect((await imagesOnOffer())[0]?.builds.map(({ build }) => build)).toEqual([second, first]);
  });
});

describe('two publishers at once', () => {
  test('queue, and both builds are there in the end', async () => {
    const builds = [await made(first), await made(second)];
    await Promise.all(builds.map((build) => publish(tree, [build], signer, now)));
    expect((await imagesOnOffer())[0]?.builds.map(({ build }) => build)).toEqual([second, first]);
  });
});

describe('the name of the next build', () => {
  test('is the current minute, UTC', async () => {
    expect(await nextBuildName(tree, mini, now)).toBe(first);
  });

  test('skips builds that are published', async () => {
    await publish(tree, [await made(first), await made(second)], signer, now);
    expect(await nextBuildName(tree, mini, now)).toBe('20260201_12:02');
    expect(await nextBuildName(tree, { ...mini, variant: 'large' }, now)).toBe(first);
  });

  test('skips a build that is known only from the catalog', async () => {
    await publish(tree, [await made(first)], signer, now);
    rmSync(join(tree, `images/debian/bookworm/amd64/mini/${first}`), { recursive: true });
    expect(await nextBuildName(tree, mini, now)).toBe(second);
  });
});
