// `npm run quickstart` as people run it: from a home with nothing in it, again, and stopped on the way. Root uses the home
// of all tests; an ordinary user begins from nothing, in a checkout of their own, on a host whose package tools would tell.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeOrdinaryUser, type OrdinaryUser } from '../client/ordinary-user.ts';
import { describeAsRoot } from '../setup/as-root.ts';
import { execute, type Outcome } from './cooper.ts';
import { processesNaming, workspacesIn } from './left-over.ts';
import { eventually } from './lxc/eventually.ts';
import { type PublishedMini, publishedMini } from './published.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const script = join(checkout, 'scripts/quickstart.mjs');
let mini: PublishedMini;
let folder: string;

beforeAll(async () => {
  mini = await publishedMini();
  folder = mkdtempSync('/var/tmp/cooper-quickstart-');
  chmodSync(folder, 0o755);
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectContainer({ status, stdout, stderr }: Outcome): void {
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^PRETTY_NAME="Debian GNU\/Linux 12 \(bookworm\)"$/m);
  expect(stdout).toMatch(/^Start it: .*-n hello$/m);
}

describeAsRoot('an ordinary user, in a checkout of their own', () => {
  let user: OrdinaryUser;
  let copy: string;
  const home = () => join(user.home, 'cooper');
  const called = () => join(folder, 'called');

  beforeAll(() => {
    user = makeOrdinaryUser();
    copy = copyCheckout(user);
    // That a root packs to the same bytes without them is the test of `rebuild --check`.
    for (const part of ['packages', 'blocks']) {
      cpSync(join(mini.home, 'cache', part), join(home(), 'cache', part), { recursive: true });
    }
    for (const path of [
      'cooper',
      ...readdirSync(home(), { recursive: true, encoding: 'utf8' }).map((name) => join('cooper', name)),
    ]) {
      lchownSync(join(user.home, path), user.uid, user.gid);
    }
    writeFileSync(called(), '');
    chmodSync(called(), 0o666);
  });
  afterAll(() => user?.remove());

  /** In a mount namespace whose package tools only write down that they were called. */
  const quickstart = () => {
    const reporter = join(folder, 'reporter');
    writeFileSync(reporter, `#!/bin/sh\necho "$0 $*" >> ${called()}\nexit 97\n`, { mode: 0o755 });
    const tools = 'apt apt-get apt-cache apt-config dpkg dpkg-deb debootstrap mmdebstrap';
    const hide = `for tool in ${tools}; do path=$(command -v $tool) || continue; mount --bind ${reporter} "$path"; done`;
    const modules = `mount --bind ${join(checkout, 'node_modules')} ${join(copy, 'node_modules')}`;
    const words = ['node', join(user.checkout, 'scripts/quickstart.mjs'), '--exit', '--home', home()];
    return user.run(words, { before: `${hide}\n${modules}`, checkout: copy, seconds: 900 });
  };

  test('gets from nothing to a container made from an image of their own', async () => {
    expectContainer(await quickstart());
    expect(existsSync(join(home(), 'containers/hello/config'))).toBe(true);
  }, 900_000);

  test('has built without any package tool of the host', () => {
    expect(readFileSync(called(), 'utf8')).toBe('');
  });

  test('has built the same bytes as root', () => {
    const [theirs, ours] = [findBuild(join(home(), 'tree/images')), mini.directory].map((build) => ({
      inputs: inputsOf(build),
      rootfs: sha256Of(build, 'rootfs.tar.xz'),
    }));
    expect(theirs).toEqual(ours);
  });

  test('finds everything there the second time', async () => {
    const outcome = await quickstart();
    expectContainer(outcome);
    expect(outcome.stdout).toContain('published already');
    expect(outcome.stdout).toContain('there already');
  });
});

/** Everything but packages of npm, which are only read, and what git keeps; owned by the user. */
function copyCheckout(user: OrdinaryUser): string {
  const copy = join(folder, 'checkout');
  const left = new Set(['node_modules', '.git'].map((name) => join(checkout, name)));
  cpSync(checkout, copy, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    filter: (path) => !left.has(path),
  });
  mkdirSync(join(copy, 'node_modules'));
  for (const path of ['.', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })]) {
    lchownSync(join(copy, path), user.uid, user.gid);
  }
  return copy;
}

function findBuild(images: string): string {
  const manifest = readdirSync(images, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('/image.json'),
  );
  return join(images, manifest ?? '', '..');
}

/** What the archive and the definition were: with other inputs other bytes are right. */
function inputsOf(build: string): unknown {
  return JSON.parse(readFileSync(join(build, 'image.lock.json'), 'utf8'));
}

function sha256Of(build: string, name: string): string | undefined {
  const lines = readFileSync(join(build, 'SHA256SUMS'), 'utf8').split('\n');
  return lines.find((line) => line.endsWith(`  ${name}`))?.slice(0, 64);
}

test('root gets a container from what is published, and again', async () => {
  const words = [script, '--exit', '--home', mini.home];
  const first = await execute('node', words);
  expectContainer(first);
  expect(first.stdout).toContain('published already');
  const second = await execute('node', words);
  expectContainer(second);
  expect(second.stdout).toContain('there already');
});

/** Starts quickstart and waits until it has said something. */
async function startUntil(said: string, home: string): Promise<{ child: ChildProcess; text: () => string }> {
  const child = spawn('node', [script, '--home', home], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk));
  await eventually(
    `quickstart says ${said}`,
    120,
    async () => text,
    (all) => all.includes(said) || child.exitCode !== null,
  );
  expect(text).toContain(said);
  return { child, text: () => text };
}

function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('close', resolve));
}

test('stopped while it builds, it stops the build: nothing is published', async () => {
  const home = join(folder, 'stopped');
  const { child, text } = await startUntil('✓ resolve', home);
  child.kill('SIGTERM');
  expect(await endOf(child)).toBe(130);
  expect(text()).toContain('[interrupted]');
  expect(processesNaming(home)).toEqual([]);
  expect(workspacesIn(home)).toEqual([]);
  expect(existsSync(join(home, 'tree/live'))).toBe(false);
});

test('killed while it serves, it leaves no server', async () => {
  const { child, text } = await startUntil('Serving; Ctrl-C', mini.home);
  const port = Number(/^http:\/\/127\.0\.0\.1:(\d+)$/m.exec(text())?.[1]);
  expect(await answers(port)).toBe(true);
  child.kill('SIGKILL');
  await eventually(
    'the port is free',
    20,
    () => answers(port),
    (open) => !open,
  );
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
