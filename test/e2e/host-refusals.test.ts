// What the host lacks: each ends in one message with its code and its exit status, and nothing half-made.

import {
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeOrdinaryUser, type OrdinaryUser, type UserRun } from '../client/ordinary-user.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { describeInMemory } from '../setup/in-memory.ts';
import { cooper, execute, type Outcome, program } from './cooper.ts';
import { expectNothingHalfMade } from './left-over.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
let mini: PublishedMini;
let folder: string;
beforeAll(async () => {
  mini = await publishedMini();
}, 900_000);
beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-host-');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Gives the home, with the packages that others have fetched, to the user. */
function giveHome({ home, uid, gid }: OrdinaryUser): string {
  const path = join(home, 'cooper');
  mkdirSync(join(path, 'cache'), { recursive: true });
  cpSync(join(mini.home, 'cache'), join(path, 'cache'), { recursive: true });
  for (const name of ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })]) {
    lchownSync(join(path, name), uid, gid);
  }
  return path;
}

describeAsRoot('an ordinary user', () => {
  let server: RunningServer;
  let user: OrdinaryUser;
  beforeAll(async () => {
    server = await startServer(mini.home);
  });
  afterAll(() => server?.stop());
  afterEach(() => user?.remove());

  // The limit of a namespace holds for those below it, so that nobody else on the machine feels it.
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const closed = ['unshare', '--user', '--map-current-user', '--keep-caps', 'sh', '-ec', forbid, 'sh'];
  const hide = { before: 'mount --bind /dev/null "$(command -v newuidmap)"' };
  const lacks: readonly [string, string, string, number, readonly string[], UserRun][] = [
    ['user namespaces', 'no-user-namespaces', 'sysctl', 65_536, closed, {}],
    ['newuidmap', 'no-newuidmap', 'apt-get install uidmap', 65_536, [], hide],
    ['subordinate ids', 'no-subid-range', '--add-subuids', 0, [], {}],
  ];

  test.each(lacks)('without %s is told so and what to do', async (_title, code, advice, ids, wrap, surroundings) => {
    user = makeOrdinaryUser(ids);
    const home = giveHome(user);
    const run = (...words: string[]): Promise<Outcome> =>
      user.run([...wrap, join(user.checkout, 'bin/cooper'), '--home', home, ...words], surroundings);
    const built = await run('build', miniName);
    expect(built.status, built.stderr).toBe(69);
    expect(built.stderr).toContain(`[${code}]`);
    expect(built.stderr).toContain(advice);
    expectNothingHalfMade(home);
    const created = await run('create', 'c1', miniName, '--server', server.url, '--keyid', mini.fingerprint);
    expect(created.status, created.stderr).toBe(69);
    expect(created.stderr).toContain(`[${code}]`);
    const containers = join(home, 'containers');
    expect(existsSync(containers) ? readdirSync(containers) : []).toEqual([]);
  });

  test('is told that the home of another user is none for building', async () => {
    user = makeOrdinaryUser();
    mkdirSync(join(folder, 'home'));
    const outcome = await user.cooper(['--home', join(folder, 'home'), 'keys', 'generate']);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toContain('[home-unusable]');
    expect(outcome.stderr).toContain('--home DIR');
  });
});

/** Mounts a small file system as a home for the test. */
async function withSmallHome(size: string, work: (home: string) => Promise<void>): Promise<void> {
  const home = join(folder, 'home');
  mkdirSync(home);
  const mounted = await execute('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'cooper-test', home]);
  expect(mounted.status, mounted.stderr).toBe(0);
  try {
    await work(home);
  } finally {
    await execute('umount', [home]);
  }
}

testAsRoot('a full disk is said to be full, and the tree stays without a generation', async () => {
  await withSmallHome('16m', async (home) => {
    const outcome = await cooper(['--home', home, 'build', miniName]);
    expect(outcome.status, outcome.stderr).toBe(1);
    expect(outcome.stderr).toContain('[no-space]');
    expectNothingHalfMade(home);
  });
});

testAsRoot('a disk that is full from the start leaves a home that is taken once there is room', async () => {
  await withSmallHome('64k', async (home) => {
    const fill = join(home, 'fill');
    await execute('dd', ['if=/dev/zero', `of=${fill}`, 'bs=4k']);
    const full = await cooper(['--home', home, 'keys', 'generate']);
    expect(full.status, full.stderr).toBe(1);
    expect(full.stderr).toContain('[no-space]');
    writeFileSync(fill, '');
    const roomy = await cooper(['--home', home, 'keys', 'generate']);
    expect(roomy.status, roomy.stderr).toBe(0);
  });
});

/** Builds mini with fetched packages where /dev/shm, the command's own, has this size; gives the home too. */
async function buildInMemory(size: string, ...words: readonly string[]): Promise<Outcome & { readonly home: string }> {
  const home = join(folder, 'home');
  mkdirSync(join(home, 'cache'), { recursive: true });
  for (const name of ['packages', 'indices']) symlinkSync(join(mini.home, 'cache', name), join(home, 'cache', name));
  const script = `mount -t tmpfs -o size=${size} tmpfs /dev/shm && exec "$@"`;
  const build = [program, '--home', home, 'build', miniName, ...words];
  return { ...(await execute('unshare', ['--mount', 'sh', '-ec', script, 'sh', ...build])), home };
}

testAsRoot('roots that memory has no room for are refused there when that was asked for', async () => {
  const { status, stderr, home } = await buildInMemory('64m', '--roots', 'memory');
  expect(status, stderr).toBe(1);
  expect(stderr).toContain('[roots-not-in-memory]');
  expect(stderr).toContain('64 MiB of free space in /dev/shm');
  expect(stderr).toContain('--roots disk');
  expectNothingHalfMade(home);
});

describeInMemory('in memory', () => {
  testAsRoot('a script that fills it is ended, and told to be built on disk', async () => {
    const definitions = join(folder, 'definitions');
    cpSync(join(checkout, 'variants/debian'), join(definitions, 'debian'), { recursive: true });
    const file = join(definitions, 'debian/definition.yaml');
    const script = 'head -c 1200M /dev/zero > /root/filled; echo not reached';
    const action = `\nactions:\n  - { name: filling, trigger: post-unpack, script: "${script}" }\n`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\nactions:\n/, action));
    const { status, stderr, home } = await buildInMemory('1g', '--definitions', definitions);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain('256 MiB of the memory for roots free [no-space]');
    expect(stderr).toContain('--roots disk');
    expect(stderr).not.toContain('not reached');
    expectNothingHalfMade(home);
  });
});

test('a port that is taken is named', async () => {
  const first = await startServer(mini.home);
  try {
    const outcome = await cooper(['--home', mini.home, 'serve', '--listen', `127.0.0.1:${first.port}`]);
    expect(outcome.status, outcome.stderr).toBe(69);
    expect(outcome.stderr).toContain('[port-in-use]');
    expect(outcome.stderr).toContain(String(first.port));
  } finally {
    await first.stop();
  }
}, 900_000);
