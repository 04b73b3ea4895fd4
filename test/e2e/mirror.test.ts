// `cooper mirror` as people use it: a home that follows another one's server, and clients that take its copy.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooper, cooperJson } from './cooper.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';

let mini: PublishedMini;
let server: RunningServer;
let folder: string;
const home = () => join(folder, 'home');
const words = (...more: readonly string[]) => ['--home', home(), 'mirror', server.url, ...more];

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
  folder = mkdtempSync('/var/tmp/cooper-mirror-');
}, 900_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('without a key nothing is copied', async () => {
  const { status, stderr } = await cooper(words());
  expect(status, stderr).toBe(3);
  expect(stderr).toContain('[key-missing]');
});

test('a home has what the server offers, and says what was fetched', async () => {
  const keyid = ['--keyid', mini.fingerprint];
  const { status, stdout, stderr } = await cooper(words(...keyid));
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^generation \d+ is live: 1 images, 1 new builds, [\d.]+ MB fetched, 0 B were here$/m);
  const { images } = await cooperJson<{ images: readonly object[] }>(['--home', home(), 'list']);
  expect(images).toMatchObject([{ image: miniName }]);
  execFileSync('diff', ['-r', join(mini.home, 'tree/live/'), join(home(), 'tree/live/')]);
  const again = await cooperJson<object>(words(...keyid));
  expect(again).toMatchObject({ builds: [], bytes: { fetched: 0, reused: 0 }, fingerprint: mini.fingerprint });
});

test('what was copied is found by clients, and cannot be published into', async () => {
  const copy = await startServer(home());
  try {
    const from = ['--server', copy.url, '--keyid', mini.fingerprint];
    const { images } = await cooperJson<{ images: readonly object[] }>([
      '--home',
      join(folder, 'other'),
      'list',
      ...from,
    ]);
    expect(images).toMatchObject([{ image: miniName }]);
  } finally {
    await copy.stop();
  }
  const { status, stderr } = await cooper(['--home', home(), 'publish', mini.directory]);
  expect(status).not.toBe(0);
  expect(stderr).toContain('next: ');
});
