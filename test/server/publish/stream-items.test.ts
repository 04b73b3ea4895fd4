// What a publish knows of the builds that stay: out of the list that the catalog vouches for, else out of their image.json.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../../keys/index.ts';
import { generatePublisherKey, openSigner, type Signer, signBuild } from '../../../keys/sign.ts';
import { auditTree, promoted, publish, revise, rolledBack } from '../../../server/index.ts';
import { madeBuild, mini } from '../made-build.ts';
import { makeOlder } from '../older-generation.ts';
import { wholeTree } from '../whole-tree.ts';

const now = new Date('2026-02-01T12:00:30Z');
const [first, second, third] = ['20260201_12:00', '20260201_12:01', '20260201_12:02'];
const signal = new AbortController().signal;
let keys: string;
let signer: Signer;
let folder: string;
let tree: string;

beforeAll(async () => {
  keys = mkdtempSync(join(tmpdir(), 'cooper-streams-keys-'));
  await generatePublisherKey(keys, { now: new Date('2026-01-01') });
  signer = await openSigner(keys, now);
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-streams-'));
  tree = join(folder, 'tree');
  await publishOne(first);
  return () => rmSync(folder, { recursive: true, force: true });
});

const publishOne = async (build = '', channel = 'stable') =>
  publish(tree, [await madeBuild(folder, signer, mini, build)], signer, now, { channel });
const imageJson = (build: string | undefined) => join(tree, `images/debian/bookworm/amd64/mini/${build}/image.json`);
const versions = (root = ''): string[] => {
  const { products } = JSON.parse(readFileSync(join(tree, `live/${root}streams/v1/images.json`), 'utf8'));
  return Object.keys(products['debian:bookworm:amd64:mini']?.versions ?? {});
};
const findings = async () => (await auditTree(tree, { now, signal })).findings;

describe('the list of the next generation', () => {
  it('has builds that stay without a look at them', async () => {
    writeFileSync(imageJson(first), 'damaged');
    await publishOne(second);
    expect(versions()).toEqual([first, second]);
  });

  it('does not believe a list that the catalog does not name', async () => {
    const list = join(tree, 'live/streams/v1/images.json');
    writeFileSync(list, readFileSync(list, 'utf8').replaceAll(first ?? '', third ?? ''));
    await publishOne(second);
    expect(versions()).toEqual([first, second]);
    writeFileSync(join(tree, 'live/streams/v1/images.json'), '{}');
    writeFileSync(imageJson(first), 'damaged');
    await expect(publishOne(third)).rejects.toMatchObject({ code: 'tree-damaged' });
  });

  it('follows builds into other channels and off the offer', async () => {
    await publishOne(second, 'testing');
    expect([versions(), versions('testing/')]).toEqual([[first], [second]]);
    const change = (work: Parameters<typeof revise>[1]) => revise(tree, work, signer, now);
    await change((offer) => promoted(offer, mini, second, 'stable'));
    expect([versions(), versions('testing/')]).toEqual([[first, second], [second]]);
    await change((offer) => rolledBack(offer, mini, 'stable', first));
    expect([versions(), versions('testing/')]).toEqual([[first], [second]]);
    await wholeTree(tree, now);
    expect(await findings()).toEqual([]);
  });

  it('after one of an earlier version has all that the tree has', async () => {
    await makeOlder(tree, signer);
    expect(await findings()).toEqual([]);
    await publishOne(second);
    expect(versions()).toEqual([first, second]);
    await wholeTree(tree, now);
    expect(await findings()).toEqual([]);
  });
});

interface Described {
  readonly files: Readonly<Record<string, object>>;
}

describe('a build', () => {
  it.each([
    [
      'a fingerprint of something else',
      (json: Described) => ({ ...json, fingerprint: sha256Of('x') }),
      'is not that of',
    ],
    [
      'a fingerprint, but nothing for LXD',
      ({ files, ...json }: Described) => {
        const { 'lxd.tar.xz': _, ...others } = files;
        return { ...json, files: others };
      },
      'no lxd.tar.xz',
    ],
  ] as const)('with %s is refused', async (_what, change, problem) => {
    const { directory } = await madeBuild(folder, signer, mini, second ?? '');
    const path = join(directory, 'image.json');
    const changed = change(JSON.parse(readFileSync(path, 'utf8')));
    writeFileSync(path, JSON.stringify(changed));
    if (!('lxd.tar.xz' in changed.files)) rmSync(join(directory, 'lxd.tar.xz'));
    rmSync(join(directory, 'lxd.tar.xz.asc'));
    await signBuild(directory, signer);
    await expect(publish(tree, [{ directory }], signer, now)).rejects.toMatchObject({
      code: 'build-incomplete',
      lines: [expect.stringContaining(problem)],
    });
  });
});
