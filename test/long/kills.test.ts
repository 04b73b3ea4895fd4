// kill -9 at a hundred moments of a build, spread over its stages: no process survives, one workspace at most is left for the
// next run to remove, what is published stays verifiable, and in the end a build succeeds.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cooper, cooperJson, program } from '../e2e/cooper.ts';
import { abandonedInMemory, boxesOf, workspacesIn } from '../e2e/left-over.ts';
import { miniName, publishedMini } from '../e2e/published.ts';

const kills = Number(process.env.COOPER_TEST_KILLS ?? 100);
const seed = Number(process.env.COOPER_TEST_SEED ?? Date.now() % 1_000_000);
let home: string;

beforeAll(async () => {
  const shared = await publishedMini();
  home = join(mkdtempSync('/var/tmp/cooper-kills-'), 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  symlinkSync(join(shared.home, 'cache/packages'), join(home, 'cache/packages'));
}, 900_000);

afterAll(() => rmSync(join(home, '..'), { recursive: true, force: true }));

/** mulberry32: the same moments for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The stages after whose beginning a kill may fall: '' is the start of the program. */
const moments = [
  '',
  'index',
  'resolve',
  'download',
  'prepare',
  'install',
  'provision',
  'scrub',
  'gate',
  'pack',
  'metadata',
  'sign',
];

/** Kills a build some time after the stage has ended; gives false when the build was faster. */
async function killAfter(stage: string, milliseconds: number): Promise<boolean> {
  const child = spawn(program, ['--home', home, 'build', '--force', miniName], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  if (stage !== '') {
    let said = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk;
        if (said.includes(`✓ ${stage} `)) resolve();
      });
      child.once('close', () => resolve());
    });
  }
  await Promise.race([ended, pause(milliseconds)]);
  child.kill('SIGKILL');
  return (await ended) === 'SIGKILL';
}

test(`${kills} kills, seed ${seed}`, { timeout: 3 * 3600_000 }, async () => {
  const random = randomFrom(seed);
  let hits = 0;
  for (let round = 0; round < kills; round += 1) {
    const stage = moments[Math.floor(random() * moments.length)] ?? '';
    const milliseconds = Math.floor(random() * 1500);
    const context = `round ${round}, ${milliseconds} ms after ${stage || 'the start'}`;
    if (await killAfter(stage, milliseconds)) hits += 1;
    await vi.waitFor(() => expect(boxesOf(home), context).toEqual([]), { timeout: 10_000, interval: 50 });
    if (existsSync(join(home, 'builds'))) expect(workspacesIn(home).length, context).toBeLessThanOrEqual(1);
    const inMemory = abandonedInMemory().filter((path) => !path.endsWith('.lock'));
    expect(inMemory.length, context).toBeLessThanOrEqual(1);
    if (existsSync(join(home, 'tree/live'))) await cooperJson(['--home', home, 'list']);
  }
  expect(hits).toBeGreaterThan(kills / 2);
  const last = await cooper(['--home', home, 'build', '--force', miniName]);
  expect(last.status, last.stderr).toBe(0);
  expect(workspacesIn(home)).toEqual([]);
  expect(abandonedInMemory()).toEqual([]);
  const leftovers = readdirSync(join(home, 'tree')).filter((name) => name.startsWith('.') && name !== '.lock');
  expect(leftovers).toEqual([]);
});
