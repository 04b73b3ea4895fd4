// The tests of the npm package on a machine that has node, npm and tar alone: the same for every release of Debian. Nothing but
// the server is reached from there: npm has all it needs in a folder.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../cli/version.ts';
import { type BareRoot, furnishRoot } from './bare-root.ts';
import type { Outcome } from './cooper.ts';
import type { PackedCooper } from './packed.ts';
import { miniName, type PublishedMini, publishedMini, type RunningServer, startServer } from './published.ts';

/** What stands in the os-release of the image. */
const release = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n';

/** A machine and the server that it reaches. */
interface Trial {
  readonly bare: BareRoot;
  readonly mini: PublishedMini;
  /** Options for the server. */
  readonly from: readonly string[];
}

/** Makes the root filesystem in a folder, which may take it from a server of the image of all tests. */
export type MakeRoot = (folder: string, from: readonly string[]) => Promise<string>;

const expectDone = ({ status, stdout, stderr }: Outcome) => expect(status, `${stdout}\n${stderr}`).toBe(0);

/** Declares the tests, in their order. */
export function testClientIn(packed: () => PackedCooper, makeRoot: MakeRoot): void {
  let work: string;
  let server: RunningServer;
  let trial: Trial;

  beforeAll(async () => {
    const mini = await publishedMini();
    server = await startServer(mini.home);
    work = mkdtempSync('/var/tmp/cooper-bare-');
    const from = ['--server', server.url, '--keyid', mini.fingerprint];
    const { tarball, cache } = packed();
    const srv = { 'cooper.tgz': tarball, npm: cache, tree: join(mini.home, 'tree') };
    trial = { bare: furnishRoot(await makeRoot(work, from), srv), mini, from };
  }, 900_000);
  afterAll(async () => {
    await server?.stop();
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  });

  testRoot(() => trial);
  testOrdinaryUser(() => trial);
}

function testRoot(trial: () => Trial): void {
  const run = (script: string, ...words: readonly string[]) => trial().bare.run(script, words);

  test('there is no compiler and no library of xz to compile for', async () => {
    const { stdout } = await run(
      'for name in make cc gcc; do type $name || echo none; done; find / -xdev -name lzma.h',
    );
    expect(stdout.replaceAll(/^.*not found\n/gm, '')).toBe('none\nnone\nnone\n');
  });

  test('root installs it without network', async () => {
    const outcome = await run('npm install --global --offline --foreground-scripts --cache /srv/npm /srv/cooper.tgz');
    expectDone(outcome);
    expect(outcome.stdout).toContain('xz: not compiled: make: spawnSync make ENOENT\n');
    expect((await run('cooper --version')).stdout).toBe(`${version}\n`);
  });

  test('root makes a container and runs a program in it', async () => {
    expectDone(await run('cooper "$@"', 'create', 'c1', miniName, ...trial().from));
    const ran = await run('cooper run c1 -- cat /etc/os-release');
    expectDone(ran);
    expect(ran.stdout).toContain(release);
  });

  test('root verifies what is published', async () => {
    const outcome = await run('cooper verify /srv/tree --keyid "$1"', trial().mini.fingerprint);
    expectDone(outcome);
    expect(outcome.stdout).toMatch(/: no faults\n$/);
  });
}

function testOrdinaryUser(trial: () => Trial): void {
  const run = (script: string, ...words: readonly string[]) =>
    trial().bare.run(`PATH=$HOME/.local/bin:$PATH; ${script}`, words, 'somebody');
  const create = (...more: readonly string[]) => ['create', 'c1', miniName, ...trial().from, ...more];

  test('an ordinary user installs it where npm runs no scripts', async () => {
    const script = `cp -r /srv/npm ~/npm
      npm install --global --prefix ~/.local --offline --ignore-scripts --cache ~/npm /srv/cooper.tgz`;
    expectDone(await run(script));
    expect((await run('command -v cooper')).stdout).toBe('/home/somebody/.local/bin/cooper\n');
  });

  test('an ordinary user without newuidmap is told the package that has it, and nothing is made', async () => {
    const { status, stderr } = await run('cooper "$@"', ...create());
    expect(status, stderr).toBe(69);
    expect(stderr).toContain('[no-newuidmap]\n  next: As root: apt-get install uidmap\n');
    expect((await run('find ~/.local/share/lxc -mindepth 1')).stdout).toBe('');
  });

  test('with newuidmap the user makes a container of the xz archive, by the engine that needs no compiler', async () => {
    const { bare, mini } = trial();
    for (const name of ['newuidmap', 'newgidmap']) cpSync(`/usr/bin/${name}`, join(bare.folder, 'usr/bin', name));
    expectDone(await bare.run('chmod 4755 /usr/bin/newuidmap /usr/bin/newgidmap'));
    const forced = await run('COOPER_XZ_ENGINE=liblzma cooper "$@"', ...create());
    expect(forced.stderr).toContain('[xz-engine-unavailable]');
    const archive = join('/srv/tree/images', miniName, basename(mini.directory), 'rootfs.tar.xz');
    const made = await run('cooper --json "$@"', ...create('--seed', archive));
    expectDone(made);
    expect(JSON.parse(made.stdout)).toMatchObject({ privileged: false, bytes: { fetched: 0 } });
    expect((await run('cooper run c1 -- cat /etc/os-release')).stdout).toContain(release);
  });
}
