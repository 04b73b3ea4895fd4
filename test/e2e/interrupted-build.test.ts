// A build that is stopped: nothing is published, no mount, process or folder stays, the next run succeeds.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cooper, program } from './cooper.ts';
import { abandonedInMemory, boxesOf, expectNothingHalfMade, workspacesIn } from './left-over.ts';
import { miniName, publishedMini } from './published.ts';

let home: string;

beforeAll(async () => {
  const shared = await publishedMini();
  home = join(mkdtempSync('/var/tmp/cooper-interrupted-'), 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  symlinkSync(join(shared.home, 'cache/packages'), join(home, 'cache/packages'));
}, 900_000);

afterAll(() => rmSync(join(home, '..'), { recursive: true, force: true }));

/** Starts a build and sends the signal once the stage has ended; gives exit status and messages. */
function stopAfter(
  stage: string,
  signal: NodeJS.Signals,
  ...words: readonly string[]
): Promise<{ status: number | null; stderr: string }> {
  const child: ChildProcess = spawn(program, ['--home', home, 'build', miniName, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve) => {
    let stderr = '';
    let sent = false;
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
      if (sent || !stderr.includes(`✓ ${stage}`)) return;
      sent = true;
      child.kill(signal);
    });
    child.once('close', (status) => resolve({ status, stderr }));
  });
}

function expectNothingLeft(): void {
  expectNothingHalfMade(home);
  expect(boxesOf(home)).toEqual([]);
  const finished = join(home, 'finished');
  const files = existsSync(finished) ? readdirSync(finished, { recursive: true, withFileTypes: true }) : [];
  expect(files.filter((entry) => entry.isFile())).toEqual([]);
}

test.each(['index', 'download', 'prepare', 'gate'])('Ctrl-C after the stage %s leaves nothing', async (stage) => {
  const { status, stderr } = await stopAfter(stage, 'SIGINT');
  expect(stderr).toContain('[interrupted]');
  expect(status).toBe(130);
  expectNothingLeft();
});

test.each([
  ['memory', 1],
  ['disk', 0],
] as const)(
  'after kill -9 with roots in %s every process is gone at once and the next run cleans up',
  async (place, inMemory) => {
    const { status } = await stopAfter('prepare', 'SIGKILL', '--roots', place);
    expect(status).toBe(null);
    await vi.waitFor(() => expect(boxesOf(home)).toEqual([]), { timeout: 10_000, interval: 50 });
    expect(workspacesIn(home)).toHaveLength(1);
    expect(abandonedInMemory().filter((path) => !path.endsWith('.lock'))).toHaveLength(inMemory);
    // Wherever it would have its own roots, and though it does not get so far.
    await stopAfter('index', 'SIGINT', '--roots', 'disk');
    expectNothingLeft();
  },
);

test('a run after all that succeeds', async () => {
  // What was stopped has packed; this one need not do that again.
  rmSync(join(home, 'cache/blocks'), { recursive: true, force: true });
  symlinkSync(join((await publishedMini()).home, 'cache/blocks'), join(home, 'cache/blocks'));
  const { status, stderr } = await cooper(['--home', home, 'build', miniName]);
  expect(status, stderr).toBe(0);
  expect(workspacesIn(home)).toEqual([]);
  expect(abandonedInMemory()).toEqual([]);
  expect(existsSync(join(home, 'tree/live'))).toBe(true);
});
