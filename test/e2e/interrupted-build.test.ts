// A build that is stopped: nothing is published, no mount, process or folder stays, the next run succeeds.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cooper, program } from './cooper.ts';
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
function stopAfter(stage: string, signal: NodeJS.Signals): Promise<{ status: number | null; stderr: string }> {
  const child: ChildProcess = spawn(program, ['--home', home, 'build', miniName], {
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

function workspaces(): readonly string[] {
  const builds = join(home, 'builds');
  if (!existsSync(builds)) return [];
  return readdirSync(builds, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Processes that have something below the home mounted or as their root: what a box looks like from outside. */
function boxes(): readonly string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && readOrNothing(`/proc/${pid}/mountinfo`).includes(home),
  );
}

// Processes end while they are looked at.
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}

function expectNothingLeft(): void {
  expect(workspaces()).toEqual([]);
  expect(boxes()).toEqual([]);
  expect(existsSync(join(home, 'tree/live'))).toBe(false);
  const finished = join(home, 'finished');
  const files = existsSync(finished) ? readdirSync(finished, { recursive: true, withFileTypes: true }) : [];
  expect(files.filter((entry) => entry.isFile())).toEqual([]);
}

test.each(['index', 'prepare', 'gate'])('Ctrl-C after the stage %s leaves nothing', async (stage) => {
  const { status, stderr } = await stopAfter(stage, 'SIGINT');
  expect(stderr).toContain('[interrupted]');
  expect(status).toBe(130);
  expectNothingLeft();
});

test('after kill -9 every process is gone at once and the next run cleans up and succeeds', async () => {
  const { status } = await stopAfter('prepare', 'SIGKILL');
  expect(status).toBe(null);
  await vi.waitFor(() => expect(boxes()).toEqual([]), { timeout: 10_000, interval: 50 });
  expect(workspaces()).toHaveLength(1);
  const next = await cooper(['--home', home, 'build', miniName]);
  expect(next.status, next.stderr).toBe(0);
  expect(workspaces()).toEqual([]);
  expect(existsSync(join(home, 'tree/live'))).toBe(true);
});
