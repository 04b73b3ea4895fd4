// A publish that is killed (SIGKILL, in a process of its own, from the compiled code) between any two steps.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generatePublisherKey, openSigner, type Signer } from '../../keys/sign.ts';
import { listPublished, publish, type SignedBuild } from '../../server/index.ts';
import { madeBuild, mini } from '../server/made-build.ts';

const images = 'images/debian/bookworm/amd64/mini';
const dist = new URL('../../dist/', import.meta.url).href;
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
  const args = ['--input-type=module', '-e', program, join(folder, 'keys'), tree, second.directory, step];
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
