// A container of the published image, provisioned while it is made: files, packages of a small archive by its own apt, a script. Judged inside
// by dpkg.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { describeAsRoot, testAsRoot } from '../setup/as-root.ts';
import { cooper, type Outcome } from './cooper.ts';
import { boxesOf } from './left-over.ts';
import { miniName, publishedMini, type RunningServer, startServer } from './published.ts';
import { SmallArchive } from './small-archive.ts';

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
    archive = await SmallArchive.open(folder);
    await archive.fill([
      {
        name: 'greeting',
        files: { 'usr/share/greeting': 'hello\n', 'etc/greeting.conf': 'from the package\n' },
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
      '#!/bin/sh\nset -eu\ncp /usr/share/greeting /srv/greeting\nuseradd --system --user-group web\n',
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
    expect(inside('cat', '/usr/share/greeting')).toBe('hello\n');
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
});
