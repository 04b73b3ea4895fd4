// `cooper create`, `run` and `publish` as processes, with a real image: where --home puts things, what a client refuses, and
// what is left of a run that is stopped.

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cooper, execute, type Outcome, program } from './cooper.ts';
import { boxesOf } from './left-over.ts';
import { eventually } from './lxc/eventually.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';
import { spoiltHome } from './spoilt-home.ts';

let mini: PublishedMini;
let server: RunningServer;
let folder: string;
let home: string;

beforeAll(async () => {
  mini = await publishedMini();
  server = await startServer(mini.home);
}, 900_000);
afterAll(() => server?.stop());
beforeEach(() => {
  folder = mkdtempSync('/var/tmp/cooper-create-');
  home = join(folder, 'home');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const from = (url = server.url, keyid = mini.fingerprint) => ['--server', url, '--keyid', keyid];

function create(...words: readonly string[]): Promise<Outcome> {
  return cooper(['--home', home, 'create', 'c1', miniName, ...words]);
}

const containers = () => join(home, 'containers');

function expectNothingMade(): void {
  expect(existsSync(containers()) ? readdirSync(containers()) : []).toEqual([]);
  expect(boxesOf(home)).toEqual([]);
}

describe('--home', () => {
  test('is where create puts the container and where run finds it', async () => {
    const made = await create(...from());
    expect(made.status, made.stderr).toBe(0);
    expect(readdirSync(containers())).toEqual(['c1']);
    const ran = await cooper(['--home', home, 'run', 'c1', '--', 'sh', '-c', '. /etc/os-release; echo $ID; exit 7']);
    expect(ran).toMatchObject({ status: 7, stdout: 'debian\n' });
    const again = await create(...from());
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('[container-exists]');
    expect(readdirSync(containers())).toEqual(['c1']);
  });

  test('is where publish puts the build of another folder, which a server of that home hands out', async () => {
    mkdirSync(home);
    cpSync(join(mini.home, 'keys'), join(home, 'keys'), { recursive: true });
    const published = await cooper(['--home', home, 'publish', mini.directory]);
    expect(published.status, published.stderr).toBe(0);
    const listed = await cooper(['--home', home, '--json', 'list']);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      images: [{ image: miniName, directory: expect.stringContaining(join(home, 'tree/images')) }],
    });
    const other = await startServer(home);
    const seen = await cooper(['--home', join(folder, 'client'), 'list', ...from(other.url)]);
    await other.stop();
    expect(seen.stdout).toContain(miniName);
  });
});

test('--tls-cert and --tls-key of an operator are what clients see', async () => {
  const tls = join(home, 'tls');
  await (await startServer(mini.home, ['--tls', 'self-signed'])).stop();
  cpSync(join(mini.home, 'tls'), tls, { recursive: true });
  const files = ['--tls-cert', join(tls, 'server.crt'), '--tls-key', join(tls, 'server.key')];
  const secure = await startServer(mini.home, files);
  const asked = await execute('curl', ['-sS', '--cacert', join(tls, 'ca.crt'), `${secure.url}/healthz`]);
  const stranger = await cooper(['--home', home, 'list', ...from(secure.url)]);
  const trusting = await cooper(['--home', home, 'list', ...from(secure.url), '--ca', join(tls, 'ca.crt')]);
  await secure.stop();
  expect(asked).toMatchObject({ status: 0, stdout: 'ok\n' });
  expect(secure.caFile).toBeUndefined();
  expect(stranger.stderr).toContain('[server-not-trusted]');
  expect(trusting.stdout).toContain(miniName);
});

test('of several servers the first that answers is used', async () => {
  const made = await cooper(['--home', home, 'list', '--server', 'http://127.0.0.1:9', ...from()]);
  expect(made.status, made.stderr).toBe(0);
  expect(made.stdout).toContain(miniName);
  expect(made.stderr).toContain('passed over http://127.0.0.1:9');
});

describe('refused, with nothing left', () => {
  afterEach(expectNothingMade);

  test.each([
    ['another key than the pinned one', '0'.repeat(40), 'key-mismatch'],
    ['sixteen digits of another key', '0'.repeat(16), 'key-mismatch'],
  ])('%s', async (_title, keyid, code) => {
    const outcome = await create(...from(server.url, keyid));
    expect(outcome.status, outcome.stderr).toBe(3);
    expect(outcome.stderr).toContain(`[${code}]`);
  });

  test('no key at all', async () => {
    const outcome = await create('--server', server.url);
    expect(outcome.status, outcome.stderr).toBe(3);
    expect(outcome.stderr).toContain('[key-missing]');
    expect(outcome.stderr).toContain('--keyid');
  });

  test.each(['debain/bookworm', 'debian/bokworm', 'debian/bookworm/amd46', 'debian/bookworm/amd64/minni'])(
    '%s, which the server does not have',
    async (image) => {
      const outcome = await cooper(['--home', home, 'create', 'c1', image, ...from()]);
      expect(outcome.status, outcome.stderr).toBe(1);
      expect(outcome.stderr).toContain('[image-not-found]');
      expect(outcome.stderr).toContain(miniName);
    },
  );

  test.each(['rootfs.tar.zst', 'rootfs.tar.xz', 'meta.tar.xz', 'image.json'])(
    'a %s with one bit turned',
    async (name) => {
      const spoilt = await startServer(spoiltHome(join(folder, 'spoilt'), mini, name));
      const env = name === 'rootfs.tar.xz' ? { ...process.env, COOPER_ZSTD: 'off' } : process.env;
      const words = ['--home', home, 'create', 'c1', miniName, ...from(spoilt.url)];
      const outcome = await cooper(words, { env }).finally(() => spoilt.stop());
      expect(outcome.status, outcome.stderr).toBe(3);
      expect(outcome.stderr).toMatch(/\[(download|digest)-mismatch\]/);
    },
  );
});

/** Starts a run in a process group of its own and sends the signal as soon as it begins to unpack. */
function stopWhileUnpacking(signal: NodeJS.Signals, whom: 'group' | 'program'): Promise<Omit<Outcome, 'stdout'>> {
  const words = ['--home', home, 'create', 'c1', miniName, ...from()];
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  return new Promise((resolve) => {
    let stderr = '';
    let sent = false;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
      if (sent || !stderr.includes('✓ fetch')) return;
      sent = true;
      process.kill((whom === 'group' ? -1 : 1) * (child.pid ?? 0), signal);
    });
    child.once('close', (status) => resolve({ status, stderr }));
  });
}

describe('stopped while it unpacks', () => {
  test.each([
    ['Ctrl-C, which the whole process group gets', 'SIGINT', 'group'],
    ['SIGTERM', 'SIGTERM', 'program'],
  ] as const)('by %s it leaves nothing', async (_title, signal, whom) => {
    const { status, stderr } = await stopWhileUnpacking(signal, whom);
    expect(stderr).toContain('[interrupted]');
    expect(stderr).not.toContain('✓ commit');
    expect(status).toBe(130);
    expectNothingMade();
  });

  test('by SIGKILL no process stays, and the next run removes what does and succeeds', async () => {
    expect((await stopWhileUnpacking('SIGKILL', 'program')).status).toBe(null);
    await eventually(
      'everything inside is gone',
      10,
      async () => boxesOf(home),
      (boxes) => boxes.length === 0,
    );
    expect(existsSync(join(containers(), 'c1'))).toBe(false);
    const next = await create(...from());
    expect(next.status, next.stderr).toBe(0);
    expect(readdirSync(containers())).toEqual(['c1']);
  });
});
