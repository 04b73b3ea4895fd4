// What a root must not take into an image, and what it keeps. Hostile links lead nowhere.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scrub, scrubLived } from '../../provision/scrub.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cooper-scrub-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'etc'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = 'secret\n'): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const isThere = (path: string) => existsSync(join(root, path));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

describe.each([
  ['after a build', scrub],
  ['after the life of a container', scrubLived],
])('%s', (_, clean) => {
  test.each([
    'etc/shadow-',
    'etc/ssh/ssh_host_ed25519_key',
    'etc/dropbear/dropbear_rsa_host_key',
    'root/.bash_history',
    'usr/sbin/policy-rc.d',
    'var/cache/apt/archives/less.deb',
    'var/lib/dbus/machine-id',
    'var/lib/systemd/random-seed',
    'var/log/dpkg.log',
  ])('%s is gone', (path) => {
    write(path);
    clean(root);
    expect(isThere(path)).toBe(false);
  });

  test('the machine id is there and empty', () => {
    clean(root);
    expect(statSync(join(root, 'etc/machine-id')).size).toBe(0);
    write('etc/machine-id', 'abc\n');
    clean(root);
    expect(textOf('etc/machine-id')).toBe('');
  });

  test('what is configured stays', () => {
    for (const path of ['etc/ssh/sshd_config', 'etc/shadow', 'var/lib/dpkg/status']) write(path);
    clean(root);
    for (const path of ['etc/ssh/sshd_config', 'etc/shadow', 'var/lib/dpkg/status'])
      expect(textOf(path)).toBe('secret\n');
  });

  test('a link out of the root takes nothing with it', () => {
    mkdirSync(join(folder, 'ssh'));
    writeFileSync(join(folder, 'ssh/ssh_host_rsa_key'), 'of the host');
    mkdirSync(join(folder, 'log'));
    writeFileSync(join(folder, 'log/syslog'), 'of the host');
    symlinkSync(join(folder, 'ssh'), join(root, 'etc/ssh'));
    symlinkSync('../../ssh/ssh_host_rsa_key', join(root, 'etc/machine-id'));
    mkdirSync(join(root, 'var'));
    symlinkSync('../../log', join(root, 'var/log'));
    clean(root);
    expect(readFileSync(join(folder, 'ssh/ssh_host_rsa_key'), 'utf8')).toBe('of the host');
    expect(readFileSync(join(folder, 'log/syslog'), 'utf8')).toBe('of the host');
  });
});

describe('after the life of a container', () => {
  test('no log is left, and no folder named after the machine', () => {
    for (const path of ['var/log/syslog', 'var/log/nginx/access.log', 'var/log/journal/abc/system.journal'])
      write(path);
    scrubLived(root);
    expect(readdirSync(join(root, 'var/log'))).toEqual(['journal', 'nginx']);
    expect(readdirSync(join(root, 'var/log/nginx'))).toEqual([]);
    expect(readdirSync(join(root, 'var/log/journal'))).toEqual([]);
  });

  test('keeps the records of pkgtools, which lie among the logs', () => {
    for (const path of ['var/log/packages/bash-5.2-x86_64-1', 'var/log/scripts/bash-5.2-x86_64-1', 'var/log/messages'])
      write(path);
    scrubLived(root);
    expect(readdirSync(join(root, 'var/log'), { recursive: true }).sort()).toEqual([
      'packages',
      'packages/bash-5.2-x86_64-1',
      'scripts',
      'scripts/bash-5.2-x86_64-1',
    ]);
  });

  test('records of logins are there and empty', () => {
    for (const path of ['var/log/wtmp', 'var/log/lastlog']) write(path);
    scrubLived(root);
    expect([textOf('var/log/wtmp'), textOf('var/log/lastlog')]).toEqual(['', '']);
  });

  test.each(['tmp/x', 'var/tmp/y/z', 'run/lock/a', 'dev/null', 'home/anna/.bash_history', 'var/lib/dhcp/eth0.leases'])(
    '%s is gone',
    (path) => {
      write(path);
      scrubLived(root);
      expect(isThere(path)).toBe(false);
    },
  );

  test('name servers of the network are gone, a link to who writes them stays', () => {
    write('etc/resolv.conf', 'nameserver 192.0.2.1\n');
    scrubLived(root);
    expect(textOf('etc/resolv.conf')).toBe('');
    rmSync(join(root, 'etc/resolv.conf'));
    symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
    scrubLived(root);
    expect(readdirSync(join(root, 'etc'))).toContain('resolv.conf');
  });

  test('what people have put into their homes stays', () => {
    write('home/anna/notes');
    scrubLived(root);
    expect(textOf('home/anna/notes')).toBe('secret\n');
  });
});
