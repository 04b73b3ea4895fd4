// Programs of arm64 on a machine that is not: Debian's own busybox for arm64, run in a box by QEMU, while the host learns
// nothing of it.

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorPath, formatLine } from '../../builder/buildroot/binary-format.ts';
import { chooseEmulation } from '../../builder/buildroot/emulation.ts';
import { chooseMirrors } from '../../builder/source/debian/mirror.ts';
import { CooperError } from '../../errors/index.ts';
import { type BoxExit, buildIdMap } from '../../native/index.ts';
import { hostArchitecture } from '../../variants/index.ts';
import { type Identity, identityNames, makeIdentity } from './native/identity.ts';

const foreign = hostArchitecture() === 'arm64' ? 'amd64' : 'arm64';
const machine = foreign === 'arm64' ? 'aarch64' : 'x86_64';
const registered = '/proc/sys/fs/binfmt_misc';
const keyring = createRequire(import.meta.url).resolve('#root/keys/trusted/debian-archive-keyring.asc');
const folder = mkdtempSync('/var/tmp/cooper-foreign-');
// The ordinary user reads it too.
chmodSync(folder, 0o755);
const busybox = join(folder, 'root/bin/busybox');

/** What the host runs by emulators, by name. */
const hostFormats = () => (existsSync(registered) ? readdirSync(registered).sort() : []);

/** Debian's busybox-static of the foreign architecture, fetched and verified by the host's apt. */
async function fetchBusybox(): Promise<void> {
  const mirrors = await chooseMirrors(
    {
      keyring: { shipped: 'debian-archive-keyring' },
      mirrors: { main: 'http://ftp.debian.org/debian', security: 'http://security.debian.org/debian-security' },
      foreign: [],
      suites: [{ name: 'bookworm', archive: 'main', components: ['main'] }],
    },
    'bookworm',
  );
  for (const name of ['lists/partial', 'cache/archives/partial', 'state', 'root']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keyring}] ${mirrors.main} bookworm main\n`);
  const places = { State: 'state', 'State::Lists': 'lists', 'State::status': 'status', Cache: 'cache' };
  const words = [
    ...Object.entries(places).map(([name, path]) => `Dir::${name}=${join(folder, path)}`),
    `Dir::Etc::SourceList=${join(folder, 'sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    `APT::Architecture=${foreign}`,
    `APT::Architectures=${foreign}`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].map((option) => `-o${option}`);
  execFileSync('apt-get', ['-q', ...words, 'update'], { cwd: folder, stdio: 'pipe' });
  execFileSync('apt-get', ['-q', ...words, 'download', 'busybox-static'], { cwd: folder, stdio: 'pipe' });
  const deb = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
  execFileSync('dpkg-deb', ['--extract', join(folder, deb), join(folder, 'root')]);
}

beforeAll(fetchBusybox, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(identityNames)('in a box of %s', (name) => {
  let who: Identity;
  const lines = [formatLine(foreign, emulatorPath(foreign) ?? '') ?? ''];
  const spec = {
    root: 'empty',
    mounts: [
      { kind: 'bind', source: busybox, target: '/bin/busybox', readOnly: true },
      { kind: 'symlink', target: '/bin/sh', to: 'busybox' },
      { kind: 'proc', target: '/proc' },
      { kind: 'dev', target: '/dev' },
    ],
    network: 'none',
    hostname: 'inside',
    seccomp: 'guarded',
    noNewPrivileges: false,
    env: { PATH: '/bin' },
    cwd: '/',
    binaryFormats: lines,
  } as const;
  const run = (script: string, more: object = {}) =>
    who.ask<{ exit: BoxExit; lines: string[] }>({
      action: 'run',
      spec: { ...spec, argv: ['sh', '-c', script], ...more },
    });

  beforeAll(() => {
    who = makeIdentity(name);
  });
  afterAll(() => who.remove());

  test('a foreign program and those that it starts run', async () => {
    const ran = await run('uname -m; busybox sh -c "busybox uname -m; id -u"; echo text | busybox sed s/x/s/');
    expect(ran).toMatchObject({ exit: { status: 0 }, lines: [machine, machine, '0', 'test'] });
  });

  test('nobody inside sees or changes how they run', async () => {
    const ran = await run(`ls ${registered}; echo -1 > ${registered}/cooper-${foreign}; ls /proc/1/fd; uname -m`);
    expect(ran.lines.at(-1)).toBe(machine);
    expect(ran.lines.join('\n')).not.toContain(`\ncooper-${foreign}`);
  });

  test('a box without the format does not run them', async () => {
    const { binaryFormats: _, ...plain } = spec;
    const request = { action: 'run', spec: { ...plain, argv: ['/bin/busybox', 'true'] } };
    if (spawnSync(busybox, ['true']).error !== undefined) {
      expect(await who.fail(request)).toMatchObject({ code: 'program-not-started' });
    }
  });

  test('the host knows as many formats as before', async () => {
    const before = hostFormats();
    await run('true');
    expect(hostFormats()).toEqual(before);
  });

  test('a line that the kernel does not understand is said', async () => {
    const error = await who.fail({ action: 'run', spec: { ...spec, binaryFormats: [':broken'], argv: ['true'] } });
    expect(error).toMatchObject({ code: 'binary-formats-refused' });
  });
});

describe('choosing how foreign programs run', () => {
  test('the namespace of the build itself is taken where the kernel has it', async () => {
    expect(await chooseEmulation(foreign, await buildIdMap())).toMatchObject({ kind: 'own' });
  });

  test('programs of this machine need nothing', async () => {
    expect(await chooseEmulation(hostArchitecture(), await buildIdMap())).toEqual({ kind: 'native', formats: [] });
  });

  test('an older kernel takes what the host has registered with flag F', async () => {
    const hostFolder = join(folder, 'binfmt_misc');
    mkdirSync(hostFolder, { recursive: true });
    const text =
      'enabled\ninterpreter /usr/bin/qemu\nflags: OCF\noffset 0\nmagic 7f454c460201010000000000000000000200b700\n';
    writeFileSync(join(hostFolder, 'status'), 'enabled\n');
    writeFileSync(join(hostFolder, 'qemu-aarch64'), `${text}mask ffffffffffffff00fffffffffffffffffeffffff\n`);
    const options = { hostFormats: hostFolder, hostOnly: true };
    const chosen = chooseEmulation('arm64', await buildIdMap(), options);
    if (foreign === 'arm64') expect(await chosen).toEqual({ kind: 'host', formats: [] });
    else await chosen;
  });

  test('an older kernel without that is told what it lacks', async () => {
    const options = { hostFormats: join(folder, 'nothing'), hostOnly: true };
    const failure = await chooseEmulation(foreign, await buildIdMap(), options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CooperError);
    expect(failure).toMatchObject({ code: 'foreign-unsupported' });
  });

  test('an architecture without an emulator is told so', async () => {
    const failure = await chooseEmulation('m68k', await buildIdMap()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'emulator-missing',
      next: expect.stringContaining('on a machine that is m68k'),
    });
  });
});
