// What the host lacks: each ends in one message with its code and its exit status, and nothing half-made.

import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cooper, execute } from './cooper.ts';
import { miniName, publishedMini, startServer } from './published.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-host-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// docs/limits.md, 1: becoming another user and mounting need root.
const asRoot = test.skipIf(process.getuid?.() !== 0);

asRoot('a user without subordinate ids is told the command that gives some', async () => {
  const nobodyKnown = 54_321;
  chownSync(folder, nobodyKnown, nobodyKnown);
  const outcome = await cooper(['--home', join(folder, 'home'), 'build', miniName], {
    uid: nobodyKnown,
    gid: nobodyKnown,
    env: { PATH: process.env.PATH, HOME: folder },
    cwd: '/',
  });
  expect(outcome.status, outcome.stderr).toBe(69);
  expect(outcome.stderr).toContain('[no-subid-range]');
  expect(outcome.stderr).toContain('--add-subuids');
});

asRoot('a full disk is said to be full, and the tree stays without a generation', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const mounted = await execute('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'cooper-test', home]);
  expect(mounted.status, mounted.stderr).toBe(0);
  try {
    const outcome = await cooper(['--home', home, 'build', miniName]);
    expect(outcome.status, outcome.stderr).toBe(1);
    expect(outcome.stderr).toContain('[no-space]');
    expect(readdirSync(join(home, 'builds')).filter((name) => !name.endsWith('.log'))).toEqual([]);
  } finally {
    await execute('umount', [home]);
  }
});

test('a port that is taken is named', async () => {
  const { home } = await publishedMini();
  const first = await startServer(home);
  try {
    const outcome = await cooper(['--home', home, 'serve', '--listen', `127.0.0.1:${first.port}`]);
    expect(outcome.status, outcome.stderr).toBe(69);
    expect(outcome.stderr).toContain('[port-in-use]');
    expect(outcome.stderr).toContain(String(first.port));
  } finally {
    await first.stop();
  }
}, 900_000);
