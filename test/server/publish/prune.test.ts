import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../../keys/sign.ts';
import {
  explainPrune,
  nextBuildName,
  type PublishStep,
  prune,
  publish,
  type RetentionPolicy,
} from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';
import { namesIn, wholeTree } from '../whole-tree.ts';

const hour = 3600 * 1000;
const now = new Date('2026-02-01T12:00:30Z');
const after = (hours: number) => new Date(now.getTime() + hours * hour);
const builds = ['20260201_11:57', '20260201_11:58', '20260201_11:59', '20260201_12:00'];
const [first = '', second = '', third = '', fourth = ''] = builds;
const images = 'images/debian/bookworm/amd64/mini';
const policy: RetentionPolicy = { keep: 2, grace: 48, images: [] };

const keys = mkdtempSync(join(tmpdir(), 'cooper-prune-keys-'));
/** A tree with all builds, of which each test has a copy. */
const made = join(keys, 'tree');
let signer: Signer;
let tree: string;

beforeAll(async () => {
  await generatePublisherKey(join(keys, 'keys'), { now: new Date('2026-01-01') });
  signer = await openSigner(join(keys, 'keys'), now);
  const signed = await Promise.all(builds.map((build) => madeBuild(keys, signer, mini, build)));
  await publish(made, signed, signer, now);
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-prune-'));
  tree = join(folder, 'tree');
  cpSync(made, tree, { recursive: true, verbatimSymlinks: true });
  return () => rmSync(folder, { recursive: true, force: true });
});

const pruneAt = (hours: number, chosen: RetentionPolicy | undefined = policy) =>
  prune(tree, chosen, signer, after(hours));
const offered = async (at: Date) => (await wholeTree(tree, at)).images[0]?.builds.map(({ build }) => build);
const onDisk = () => namesIn(join(tree, images));
const fates = (decisions: readonly { readonly build: string; readonly fate: string }[]) =>
  Object.fromEntries(decisions.map(({ build, fate }) => [build, fate]));

describe('pruning', () => {
  test('takes builds from the index first, and their files after the grace', async () => {
    const { generation, decisions } = await pruneAt(0);
    expect(fates(decisions)).toEqual({ [fourth]: 'keep', [third]: 'keep', [second]: 'leave', [first]: 'leave' });
    expect((await wholeTree(tree, now)).serial).toBe(generation?.serial);
    expect(await offered(now)).toEqual([fourth, third]);
    expect(onDisk()).toEqual(builds);
    expect((await pruneAt(47)).generation).toBeUndefined();
    expect(onDisk()).toEqual(builds);
    expect(fates((await pruneAt(48)).decisions)).toEqual({
      [fourth]: 'keep',
      [third]: 'keep',
      [second]: 'remove',
      [first]: 'remove',
    });
    expect(onDisk()).toEqual([third, fourth]);
    expect(await offered(now)).toEqual([fourth, third]);
    expect(namesIn(tree)).toEqual(['.lock', 'format', 'generations', 'images', 'live']);
  });

  test('says before what it does, and changes nothing by that', async () => {
    const explained = await explainPrune(tree, policy, now);
    expect(await offered(now)).toHaveLength(4);
    expect((await pruneAt(0)).decisions).toEqual(explained);
    expect(await explainPrune(join(tree, 'none'), policy, now)).toEqual([]);
  });

  test('without retention removes nothing, whatever is off the index', async () => {
    await pruneAt(0);
    expect((await prune(tree, undefined, signer, after(9999))).generation).toBeUndefined();
    expect(onDisk()).toEqual(builds);
  });

  test('leaves no empty folder of an image, and what is not a build alone', async () => {
    const other = join(tree, 'images/debian/trixie/arm64/full');
    mkdirSync(join(other, '20250101_00:00'), { recursive: true });
    mkdirSync(join(tree, 'images/debian/bookworm/arm64/mini/notes'), { recursive: true });
    await pruneAt(0);
    await pruneAt(48);
    expect(namesIn(join(tree, 'images/debian'))).toEqual(['bookworm']);
    expect(namesIn(join(tree, 'images/debian/bookworm/arm64/mini'))).toEqual(['notes']);
  });

  test('begins the grace of what nobody has noted when it is first seen', async () => {
    await pruneAt(0);
    rmSync(join(tree, '.departed.json'));
    await pruneAt(40);
    await pruneAt(80);
    expect(onDisk()).toEqual(builds);
    writeFileSync(join(tree, '.departed.json'), '{"schemaVersion": 1, ');
    await pruneAt(100);
    await pruneAt(147);
    expect(onDisk()).toEqual(builds);
    await pruneAt(148);
    expect(onDisk()).toEqual([third, fourth]);
  });

  test('does not wait for a time that a wrong clock has noted', async () => {
    await pruneAt(900);
    await pruneAt(0);
    await pruneAt(48);
    expect(onDisk()).toEqual([third, fourth]);
  });

  test('keeps no generation whose builds are gone', async () => {
    const generations = () => namesIn(join(tree, 'generations'));
    await pruneAt(0);
    expect(generations()).toHaveLength(2);
    await pruneAt(48);
    expect(generations()).toHaveLength(1);
  });

  test('never gives a name again', async () => {
    await pruneAt(0);
    await pruneAt(48);
    const earlier = new Date(now.getTime() - 24 * hour);
    expect(await nextBuildName(tree, mini, earlier)).toBe('20260201_12:01');
  });
});

describe('a prune that is cut off', () => {
  const steps: PublishStep[] = ['clean', 'write', 'record', 'switch', 'remove', 'prune'];

  test.each(steps)('before "%s" leaves a whole generation, and the next one goes on', async (last) => {
    const onStep = (step: PublishStep) => {
      if (step === last) throw new Error('cut');
    };
    await expect(prune(tree, policy, signer, now, { onStep })).rejects.toThrow('cut');
    const switched = last === 'remove' || last === 'prune';
    expect(await offered(now)).toHaveLength(switched ? 2 : 4);
    expect(onDisk()).toEqual(builds);
    await pruneAt(40);
    expect(await offered(after(40))).toEqual([fourth, third]);
    await pruneAt(60);
    // The grace begins when builds leave the index, not when that was tried.
    expect(onDisk()).toEqual(switched ? [third, fourth] : builds);
    await pruneAt(88);
    expect(onDisk()).toEqual([third, fourth]);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
  });

  test('among its files finishes them', async () => {
    await pruneAt(0);
    // Renamed away and not emptied; and the folders of an image without a build.
    mkdirSync(join(tree, '.staging'));
    cpSync(join(tree, images, first), join(tree, '.staging/removed'), { recursive: true });
    rmSync(join(tree, images, first), { recursive: true });
    mkdirSync(join(tree, 'images/debian/sid/amd64/mini'), { recursive: true });
    await pruneAt(48);
    expect(onDisk()).toEqual([third, fourth]);
    expect(namesIn(join(tree, 'images/debian'))).toEqual(['bookworm']);
    expect(namesIn(tree)).toEqual(['.lock', 'format', 'generations', 'images', 'live']);
  });
});

describe('two at once', () => {
  test('prune what one prunes', async () => {
    const pruned = await Promise.all([pruneAt(0), pruneAt(0)]);
    expect(pruned.filter(({ generation }) => generation !== undefined)).toHaveLength(1);
    expect(await offered(now)).toEqual([fourth, third]);
  });

  test('a publish and a prune lose nothing', async () => {
    const fifth = await madeBuild(join(tree, '..'), signer, mini, '20260201_12:01');
    await Promise.all([publish(tree, [fifth], signer, now), pruneAt(0)]);
    const there = await offered(now);
    expect(there).toEqual(expect.arrayContaining(['20260201_12:01', fourth]));
    await pruneAt(1);
    expect(await offered(after(1))).toEqual(['20260201_12:01', fourth]);
  });
});
