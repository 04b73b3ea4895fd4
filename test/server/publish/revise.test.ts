import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../../keys/sign.ts';
import {
  listPublished,
  nextBuildName,
  promoted,
  prune,
  publish,
  revise,
  rolledBack,
  type SignedBuild,
  withEndOfLife,
  withoutImage,
  withPin,
} from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';
import { namesIn, wholeTree } from '../whole-tree.ts';

const now = new Date('2026-02-01T12:00:30Z');
const first = '20260201_11:58';
const second = '20260201_11:59';
const third = '20260201_12:00';
const images = 'images/debian/bookworm/amd64/mini';
const keys = mkdtempSync(join(tmpdir(), 'cooper-revise-keys-'));
let signer: Signer;
let builds: Map<string, SignedBuild>;
let tree: string;

beforeAll(async () => {
  await generatePublisherKey(join(keys, 'keys'), { now: new Date('2026-01-01') });
  signer = await openSigner(join(keys, 'keys'), now);
  const names = [first, second, third];
  builds = new Map(
    await Promise.all(names.map(async (name) => [name, await madeBuild(keys, signer, mini, name)] as const)),
  );
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-revise-'));
  tree = join(folder, 'tree');
  return () => rmSync(folder, { recursive: true, force: true });
});

const put = (names: readonly string[], channel = 'stable') =>
  publish(
    tree,
    names.flatMap((name) => builds.get(name) ?? []),
    signer,
    now,
    { channel },
  );
const change = (how: Parameters<typeof revise>[1]) => revise(tree, how, signer, now);
const rollBack = (channel = 'stable', to?: string) => change((offer) => rolledBack(offer, mini, channel, to));
const promote = (to: string, build?: string) => change((offer) => promoted(offer, mini, build, to));
/** Channels by build, after the tree was judged. */
const offered = async () =>
  Object.fromEntries(
    (await wholeTree(tree, now)).images.flatMap((image) =>
      image.builds.map(({ build, channels }) => [build, channels.join()]),
    ),
  );
const newestIn = async (channel: string) => (await listPublished(tree, channel))[0]?.build;

describe('a rollback', () => {
  test('makes the build before the newest one again, with a higher serial', async () => {
    const { serial } = await put([first, second, third]);
    const { generation } = await rollBack();
    expect(generation?.serial).toBeGreaterThan(serial);
    expect(await offered()).toEqual({ [second]: 'stable', [first]: 'stable' });
    expect(namesIn(join(tree, images))).toEqual([first, second, third]);
  });

  test('goes back to any build', async () => {
    await put([first, second, third]);
    await rollBack('stable', first);
    expect(await offered()).toEqual({ [first]: 'stable' });
    expect((await wholeTree(tree, now)).images[0]?.withdrawn).toEqual([second, third]);
  });

  test.each([
    ['the last build', [first], undefined, 'nothing-to-roll-back'],
    ['the newest build itself', [first, second], second, 'nothing-to-roll-back'],
    ['a build that is not there', [first, second], third, 'build-not-found'],
  ])('to before %s is refused, and changes nothing', async (_what, there, to, code) => {
    await put(there);
    const live = readlinkSync(join(tree, 'live'));
    await expect(rollBack('stable', to)).rejects.toMatchObject({ code });
    expect(readlinkSync(join(tree, 'live'))).toBe(live);
  });

  test('of an image or a channel that is not there is refused', async () => {
    await expect(rollBack()).rejects.toMatchObject({ code: 'image-not-found' });
    await put([first, second]);
    await expect(rollBack('testing')).rejects.toMatchObject({ code: 'nothing-to-roll-back' });
  });

  test('is for good: the build is neither published nor promoted again, its name is not given again', async () => {
    await put([first, second]);
    await rollBack();
    const grace = { grace: 0, images: [] };
    await expect(put([second])).rejects.toMatchObject({ code: 'build-exists' });
    await prune(tree, grace, signer, now);
    expect(namesIn(join(tree, images))).toEqual([first]);
    await expect(put([second])).rejects.toMatchObject({ code: 'build-withdrawn' });
    expect(namesIn(join(tree, images))).toEqual([first]);
    await expect(promote('testing', second)).rejects.toMatchObject({ code: 'build-withdrawn' });
    expect(await nextBuildName(tree, mini, new Date('2026-01-15'))).toBe(third);
  });

  test('of one channel leaves the build in another one, and is not undone by a promotion', async () => {
    await put([first]);
    await put([second], 'testing');
    await promote('stable');
    await rollBack('stable');
    expect(await offered()).toEqual({ [second]: 'testing', [first]: 'stable' });
    await expect(promote('stable', second)).rejects.toMatchObject({ code: 'build-withdrawn' });
    const { after, before } = await promote('stable');
    expect(after).toBe(before);
  });
});

describe('a channel', () => {
  test('has what was published into it, and others have not', async () => {
    await put([first]);
    await put([second], 'testing');
    expect([await newestIn('stable'), await newestIn('testing')]).toEqual([first, second]);
    expect(await offered()).toEqual({ [second]: 'testing', [first]: 'stable' });
    expect(readlinkSync(join(tree, 'live/testing/images'))).toBe('../images');
  });

  test('can be the only one: stable is empty then', async () => {
    await put([first], 'testing');
    expect(await listPublished(tree)).toEqual([]);
    expect(readFileSync(join(tree, 'live/meta/1.0/index-user'), 'utf8')).toBe('');
    expect(await offered()).toEqual({ [first]: 'testing' });
  });

  test('gets a build without building or copying it', async () => {
    await put([first]);
    await put([second], 'testing');
    await promote('stable');
    expect(await offered()).toEqual({ [second]: 'stable,testing', [first]: 'stable' });
    expect(namesIn(join(tree, images))).toEqual([first, second]);
    const again = await promote('stable');
    expect(again.generation).toBeUndefined();
  });

  test('makes readers that know none refuse the shard, one without leaves it as it was', async () => {
    const shard = () => {
      const folder = join(tree, 'live/cooper/v1/shards');
      return JSON.parse(readFileSync(join(folder, namesIn(folder)[0] ?? ''), 'utf8'));
    };
    await put([first]);
    expect(shard().critical).toEqual([]);
    expect(Object.keys(shard().images[0].builds[0])).toEqual(['build', 'path', 'manifest']);
    await put([second], 'testing');
    expect(shard().critical).toEqual(['channels']);
  });
});

describe('marks', () => {
  test('are kept by what is published after them', async () => {
    await put([first]);
    await change((offer) => withPin(offer, mini, first, true));
    await change((offer) => withEndOfLife(offer, mini, '2026-06-01T00:00:00.000Z'));
    await put([second]);
    const [image] = (await wholeTree(tree, now)).images;
    expect(image).toMatchObject({ endOfLife: '2026-06-01T00:00:00.000Z' });
    expect(image?.builds.map(({ pinned }) => pinned)).toEqual([false, true]);
    expect((await listPublished(tree))[0]).toMatchObject({ build: second, endOfLife: '2026-06-01T00:00:00.000Z' });
  });

  test('are taken back', async () => {
    await put([first]);
    for (const pinned of [true, false]) await change((offer) => withPin(offer, mini, first, pinned));
    for (const ends of ['2026-06-01T00:00:00.000Z', undefined])
      await change((offer) => withEndOfLife(offer, mini, ends));
    const [image] = (await wholeTree(tree, now)).images;
    expect(image).toMatchObject({ withdrawn: [] });
    expect(image?.endOfLife).toBeUndefined();
    expect(image?.builds[0]?.pinned).toBe(false);
  });

  test('of a build that is not there are refused', async () => {
    await put([first]);
    await expect(change((offer) => withPin(offer, mini, second, true))).rejects.toMatchObject({
      code: 'build-not-found',
    });
    await expect(promote('testing', second)).rejects.toMatchObject({ code: 'build-not-found' });
  });
});

test('an image that is taken off the offer can be published again, under a later name', async () => {
  await put([first], 'testing');
  await change((offer) => withoutImage(offer, mini));
  expect(await wholeTree(tree, now)).toMatchObject({ images: [] });
  expect(await nextBuildName(tree, mini, new Date('2026-01-15'))).toBe(second);
  await expect(change((offer) => withoutImage(offer, mini))).rejects.toMatchObject({ code: 'image-not-found' });
  await put([second]);
  expect(await offered()).toEqual({ [second]: 'stable' });
});

test.each(['clean', 'write', 'record', 'switch'] as const)(
  'a rollback that is cut off before "%s" changes nothing, and can be had again',
  async (last) => {
    const { serial } = await put([first, second]);
    const onStep = (step: string) => {
      if (step === last) throw new Error('cut');
    };
    const how = (offer: Parameters<typeof rolledBack>[0]) => rolledBack(offer, mini, 'stable', undefined);
    await expect(revise(tree, how, signer, now, { onStep })).rejects.toThrow('cut');
    expect((await wholeTree(tree, now)).serial).toBe(serial);
    expect(existsSync(join(tree, '.departed.json'))).toBe(false);
    await rollBack();
    expect(await offered()).toEqual({ [first]: 'stable' });
  },
);
