// A container of the published image, provisioned while it is made: a file, packages of a small archive by its own apt, a script. Then
// archived, and made again from that. Judged inside by dpkg and apt, outside by GNU tar.

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { hostArchitecture } from '../../variants/index.ts';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { cooper, cooperJson, type Outcome } from './cooper.ts';
import { boxesOf } from './left-over.ts';
import { miniName, publishedMini, type RunningServer, startServer } from './published.ts';
import { SmallArchive } from './small-archive.ts';

const webName = `debian/bookworm/${hostArchitecture()}/web`;
const uid = 2_000_000;

describeAsRoot('a provisioned container', () => {
  let folder: string;
  let home: string;
  let server: RunningServer;
  let archive: SmallArchive;
  let made: Outcome;
  const rootfs = () => join(home, 'containers/c1/rootfs');
  const inside = (...words: string[]) => execFileSync('chroot', [rootfs(), ...words], { encoding: 'utf8' });

  beforeAll(async () => {
    const mini = await publishedMini();
    folder = mkdtempSync('/var/tmp/cooper-provisioned-');
    home = join(folder, 'home');
    mkdirSync(home);
    cpSync(join(mini.home, 'keys'), join(home, 'keys'), { recursive: true });
    // Blocks that are there need not be compressed again.
    symlinkSync(join(mini.home, 'cache'), join(home, 'cache'));
    archive = await SmallArchive.open(folder);
    await archive.fill([
      {
        name: 'greeting',
        files: { 'usr/bin/greeting': '#!/bin/sh\necho hello\n', 'etc/greeting.conf': 'from the package\n' },
        scripts: {
          conffiles: '/etc/greeting.conf\n',
          postinst: '#!/bin/sh\ninvoke-rc.d greeting start || echo "status $?" >/etc/greeting.started\n',
        },
      },
    ]);
    const sources = `Types: deb\nURIs: ${archive.url}\nSuites: bookworm-security\nComponents: main\nSigned-By: /etc/apt/small.asc\n`;
    writeFileSync(join(folder, 'sources'), sources);
    writeFileSync(join(folder, 'small.asc'), archive.certificate);
    writeFileSync(join(folder, 'greeting.conf'), 'from the user\n');
    writeFileSync(
      join(folder, 'setup'),
      '#!/bin/sh\nset -eu\ngreeting >/srv/greeting\nuseradd --system --user-group web\n',
    );
    server = await startServer(mini.home);
    made = await cooper([
      ...['--home', home, 'create', 'c1', miniName, '--server', server.url, '--keyid', mini.fingerprint],
      ...['--idmap', `b:0:${uid}:65536`, '--network', 'host'],
      ...['--file', `${folder}/sources:/etc/apt/sources.list.d/debian.sources`],
      ...['--file', `${folder}/small.asc:/etc/apt/`],
      ...['--file', `${folder}/greeting.conf:/etc/greeting.conf:0640:root:mail`],
      ...['--packages', 'greeting', '--run', `${folder}/setup`],
      ...['--file', `${folder}/greeting.conf:/srv/web.conf:0600:web`],
    ]);
  }, 900_000);
  afterAll(async () => {
    archive?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  testAsRoot('has the packages, installed and configured by its own apt', () => {
    expect(made.status, made.stderr).toBe(0);
    expect(inside('dpkg', '-s', 'greeting')).toContain('Status: install ok installed\n');
    expect(inside('dpkg', '--audit')).toBe('');
    expect(inside('greeting')).toBe('hello\n');
  });

  testAsRoot('keeps the file that was placed before the package brought its own', () => {
    expect(inside('cat', '/etc/greeting.conf')).toBe('from the user\n');
    expect(inside('stat', '-c', '%a', '/etc/greeting.conf')).toBe('640\n');
  });

  testAsRoot('has what the script did, and a file of the account that it made', () => {
    expect(inside('cat', '/srv/greeting')).toBe('hello\n');
    const id = Number(inside('id', '-u', 'web'));
    const [owner] = execFileSync('stat', ['-c', '%u', join(rootfs(), 'srv/web.conf')], { encoding: 'utf8' }).split(
      '\n',
    );
    expect(Number(owner)).toBe(uid + id);
  });

  testAsRoot('started no service, and has nothing of the host that was there meanwhile', () => {
    expect(existsSync(join(rootfs(), 'usr/sbin/policy-rc.d'))).toBe(false);
    expect(inside('readlink', '/etc/resolv.conf')).toBe('../run/systemd/resolve/stub-resolv.conf\n');
    expect(readdirSync(join(rootfs(), 'run'))).toEqual([]);
    expect(readdirSync(join(home, 'containers'))).toEqual(['c1']);
    expect(boxesOf(home)).toEqual([]);
  });

  testAsRoot('is told which package there is not, and that there was no network', async () => {
    const provision = (...words: string[]) => cooper(['--home', home, 'provision', 'c1', ...words]);
    const [unknown, offline] = [
      await provision('--packages', 'nosuch', '--network', 'host'),
      await provision('--packages', 'greeting=2'),
    ];
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('there is no package nosuch') });
    expect(offline).toMatchObject({ status: 1, stderr: expect.stringContaining('--network host') });
    expect(existsSync(join(rootfs(), 'usr/sbin/policy-rc.d'))).toBe(false);
  });

  testAsRoot('archived is an image of the same files, with the owners that it sees', async () => {
    const words = ['archive', 'c1', '--image', webName, '--boot-gate', 'never'];
    const { directory } = await cooperJson<{ directory: string }>(['--home', home, ...words]);
    const tar = execFileSync('tar', ['-tvf', join(directory, 'rootfs.tar.xz'), '--numeric-owner'], {
      encoding: 'utf8',
    });
    expect(tar).toMatch(/^-rw-r----- 0\/8 .* \.\/etc\/greeting\.conf$/m);
    expect(tar).not.toMatch(/var\/lib\/apt\/lists\/.*InRelease|var\/log\/apt\/history/);
    const { packages } = JSON.parse(readFileSync(join(directory, 'packages.json'), 'utf8'));
    expect(packages).toContainEqual(expect.objectContaining({ name: 'greeting', version: '1' }));
    const again = await archivedAgain();
    expect(again.status, again.stderr).toBe(0);
    const root = join(folder, 'other/containers/c2/rootfs');
    expect(execFileSync('chroot', [root, 'greeting'], { encoding: 'utf8' })).toBe('hello\n');
    expect(readFileSync(join(root, 'etc/hostname'), 'utf8')).toBe('c2\n');
  });

  async function archivedAgain(): Promise<Outcome> {
    const other = await startServer(home);
    const { fingerprint } = await cooperJson<{ fingerprint: string }>(['--home', home, 'keys', 'show']);
    const words = [
      'create',
      'c2',
      webName,
      '--server',
      other.url,
      '--keyid',
      fingerprint,
      '--idmap',
      'b:0:3000000:65536',
    ];
    return cooper(['--home', join(folder, 'other'), ...words]).finally(() => other.stop());
  }
});
