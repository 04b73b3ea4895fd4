// A publish or a prune that is killed (SIGKILL, in a process of its own, from the compiled code) between any two steps.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { listPublished, prune, publish, type SignedBuild } from '../../server/index.ts';
import { madeBuild, mini } from '../server/made-build.ts';
import { namesIn, wholeTree } from '../server/whole-tree.ts';

const images = 'images/debian/bookworm/amd64/mini';
const dist = new URL('../../dist/', import.meta.url).href;
const policy = { keep: 1, grace: 48, images: [] };
const pruning = `
const { openSigner } = await import('${dist}keys/sign.js');
const { prune } = await import('${dist}server/index.js');
const [keys, tree, hours, last] = process.argv.slice(1);
const now = new Date(Date.now() + Number(hours) * 3600000);
await prune(tree, ${JSON.stringify(policy)}, await openSigner(keys, now), now, { onStep: (step) => {
  if (step === last) process.kill(process.pid, 'SIGKILL');
} });
`;
const program = `
const { openSigner } = await import('${dist}keys/sign.js');
const { publish } = await import('${dist}server/index.js');
const [keys, tree, directory, last] = process.argv.slice(1);
const now = new Date();
await publish(tree, [{ directory }], await openSigner(keys, now), now, { onStep: (step) => {
  if (step === last) process.kill(process.pid, 'SIGKILL');
} });
`;

let folder: string;
let tree: string;
let signer: Signer;
let second: SignedBuild;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-crash-'));
  tree = join(folder, 'tree');
  const now = new Date();
  await generatePublisherKey(join(folder, 'keys'), { now });
  signer = await openSigner(join(folder, 'keys'), now);
  await publish(tree, [await madeBuild(folder, signer, mini, '20260201_12:00')], signer, now);
  second = await madeBuild(folder, signer, mini, '20260201_12:01');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function killedBefore(step: string): void {
  kill(program, second.directory, step);
}

function kill(code: string, ...words: readonly string[]): void {
  const args = ['--input-type=module', '-e', code, join(folder, 'keys'), tree, ...words];
  const { signal, stderr } = spawnSync(process.execPath, args);
  expect(signal, stderr.toString()).toBe('SIGKILL');
}

test.each(['clean', 'place', 'write', 'switch'])(
  'before "%s": the old generation is live, all is taken back',
  async (step) => {
    const live = readlinkSync(join(tree, 'live'));
    killedBefore(step);
    expect(readlinkSync(join(tree, 'live'))).toBe(live);
    expect((await listPublished(tree)).map(({ build }) => build)).toEqual(['20260201_12:00']);
    await publish(tree, [], signer, new Date());
    expect(readdirSync(join(tree, images))).toEqual(['20260201_12:00']);
    expect(existsSync(join(tree, '.staging'))).toBe(false);
    expect(readdirSync(join(tree, 'generations'))).toHaveLength(2);
    await publish(tree, [second], signer, new Date());
    expect((await listPublished(tree)).map(({ build }) => build)).toEqual(['20260201_12:01']);
  },
);

test('after the switch: the new generation is live and stays', async () => {
  killedBefore('prune');
  expect((await listPublished(tree)).map(({ build }) => build)).toEqual(['20260201_12:01']);
  await publish(tree, [], signer, new Date());
  expect(readdirSync(join(tree, images))).toEqual(['20260201_12:00', '20260201_12:01']);
  expect(existsSync(join(tree, '.staging'))).toBe(false);
});

describe('a prune', () => {
  const builds = ['20260201_12:00', '20260201_12:01', '20260201_12:02'];
  const later = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const offered = async (at: Date) => (await wholeTree(tree, at)).images[0]?.builds.length;
  const pruneAt = async (hours: number) =>
    prune(tree, policy, await openSigner(join(folder, 'keys'), later(hours)), later(hours));

  beforeEach(async () => {
    const third = await madeBuild(folder, signer, mini, '20260201_12:02');
    await publish(tree, [second, third], signer, new Date());
  });

  test.each(['clean', 'write', 'record', 'switch', 'remove', 'prune'])(
    'before "%s": one whole generation is live, and the grace begins with the switch',
    async (step) => {
      kill(pruning, '0', step);
      const switched = step === 'remove' || step === 'prune';
      expect(await offered(later(0))).toBe(switched ? 2 : 3);
      await pruneAt(40);
      expect(await offered(later(40))).toBe(2);
      await pruneAt(49);
      expect(namesIn(join(tree, images))).toEqual(switched ? builds.slice(1) : builds);
      await pruneAt(89);
      expect(namesIn(join(tree, images))).toEqual(builds.slice(1));
      expect(existsSync(join(tree, '.staging'))).toBe(false);
    },
  );

  test('when the grace is over: before the removal all is there, after it all is tidy', async () => {
    await pruneAt(0);
    for (const step of ['clean', 'remove']) {
      kill(pruning, '49', step);
      expect(namesIn(join(tree, images))).toEqual(builds);
    }
    kill(pruning, '49', 'prune');
    expect(namesIn(join(tree, images))).toEqual(builds.slice(1));
    await pruneAt(50);
    expect(await offered(later(50))).toBe(2);
    expect(namesIn(tree)).toEqual(['.lock', 'format', 'generations', 'images', 'live']);
  });
});
