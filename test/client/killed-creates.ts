// kill -9 of `cooper create` at random moments, and what must hold after each: no process, no mount, no wrong root, nothing in the cache under
// a name that is not its own.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { cooper, program } from '../e2e/cooper.ts';
import { boxesOf } from '../e2e/left-over.ts';

/** What is killed, and how often. */
export interface Killing {
  readonly home: string;
  /** Words of `cooper create` behind the name. */
  readonly words: readonly string[];
  readonly kills: number;
  readonly seed: number;
}

/** mulberry32: the same moments for the same seed. */
export function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The stages after whose end a kill may fall: '' is the start of the program. */
const moments = ['', 'catalog', 'manifest', 'fetch', 'unpack', 'configure'];

/** Kills so often; every second time the cache is empty before. Gives how many kills found a run that was under way. */
export async function killCreates({ home, words, kills, seed }: Killing): Promise<number> {
  const random = randomFrom(seed);
  const whole = await rootOf(home, words);
  let hits = 0;
  for (let round = 0; round < kills; round += 1) {
    // The first one is sure to find a run under way.
    const stage = round === 0 ? '' : (moments[Math.floor(random() * moments.length)] ?? '');
    const milliseconds = round === 0 ? 100 : Math.floor(random() * 400);
    const context = `seed ${seed}, round ${round}, ${milliseconds} ms after ${stage || 'the start'}`;
    const refresh = ['auto', 'always', 'never'][Math.floor(random() * 3)] ?? 'auto';
    const anew = round % 2 === 0 && refresh !== 'never' ? ['--flush-cache'] : [];
    const creating = ['--home', home, 'create', name, ...words, '--refresh', refresh, ...anew];
    if (await killAfter(creating, stage, milliseconds)) hits += 1;
    await vi.waitFor(() => expect(boxesOf(home), context).toEqual([]), { timeout: 10_000, interval: 50 });
    expectCacheRight(home, context);
    if (existsSync(join(home, 'containers', name))) expect(listing(home), context).toBe(whole);
    removeContainer(home);
  }
  expect(await rootOf(home, words)).toBe(whole);
  expect(readdirSync(join(home, 'containers'))).toEqual([]);
  return hits;
}

const name = 'killed';

/** What a run that nobody kills makes. */
async function rootOf(home: string, words: readonly string[]): Promise<string> {
  const made = await cooper(['--home', home, 'create', name, ...words]);
  expect(made.status, made.stderr).toBe(0);
  const found = listing(home);
  removeContainer(home);
  return found;
}

function removeContainer(home: string): void {
  execFileSync('rm', ['-rf', join(home, 'containers', name)]);
}

/** Everything in the container, as GNU find and sha256sum see it. */
function listing(home: string): string {
  const script =
    'find . -printf "%P %y %m %U:%G %l\\n" | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum; getcap -r .';
  const options = { cwd: join(home, 'containers', name), encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  return execFileSync('sh', ['-c', script], options);
}

async function killAfter(words: readonly string[], stage: string, milliseconds: number): Promise<boolean> {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  let said = '';
  await new Promise<void>((resolve) => {
    if (stage === '') resolve();
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes(`✓ ${stage} `)) resolve();
    });
    child.once('close', () => resolve());
  });
  await Promise.race([ended, pause(milliseconds)]);
  child.kill('SIGKILL');
  return (await ended) === 'SIGKILL';
}

/** What is visible in the cache has the contents that its name says, as sha256sum counts them. */
function expectCacheRight(home: string, context: string): void {
  const cache = join(home, 'cache/images');
  const names = readdirSync(cache, { recursive: true, encoding: 'utf8' });
  const addressed = names.filter((name) => /(^|\/)[0-9a-f]{64}\.(tar\.(xz|zst)|json)$/.test(name));
  if (addressed.length === 0) return;
  const sums = execFileSync('sha256sum', addressed, { cwd: cache, encoding: 'utf8' }).trimEnd().split('\n');
  for (const line of sums) expect(line.slice(66), context).toMatch(new RegExp(`(^|/)${line.slice(0, 64)}\\.`));
  for (const name of names.filter((one) => /^catalogs\/.*\.json$/.test(one) && !one.includes('/.'))) {
    expect(() => JSON.parse(readFileSync(join(cache, name), 'utf8')), `${context}: ${name}`).not.toThrow();
  }
}
