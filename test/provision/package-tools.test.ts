import { describe, expect, test } from 'vitest';
import { Listener, type PackageManager, packageManagers } from '../../provision/package-tools.ts';

function row(name: string): PackageManager {
  const found = packageManagers.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no row ${name}`);
  return found;
}

const names = packageManagers.map(({ name }) => name);

function meaningOf(name: string, lines: readonly string[]) {
  const heard = new Listener(row(name));
  for (const line of lines) heard.hear(line);
  return heard.meaning;
}

describe.each(names)('%s', (name) => {
  const { packageName, install, remove } = row(name);

  test('has packages of usual names', () => {
    for (const each of ['less', 'libc6', 'gcc-12', 'python3.11', 'lib32z'])
      expect(packageName.test(each), each).toBe(true);
  });

  test.each(['-y', '--root=/', './x', '/tmp/x', 'a b', 'a;b', 'x\n-y', '$(x)', '*', ''])('has no package %j', (odd) => {
    expect(packageName.test(odd)).toBe(false);
  });

  test.each([
    ['installs', install],
    ['takes away', remove],
  ] as const)('%s all of them at once, last', (_, programs) => {
    const last = programs(['less', 'file']).at(-1) ?? [];
    expect(last.slice(-2)).toEqual(['less', 'file']);
  });

  test('what no row knows is a failure of the manager', () => {
    expect(meaningOf(name, ['something else'])).toEqual({ what: `${name} has failed`, offline: true });
  });
});

test.each([
  [
    'apt',
    ['g++', 'libc6:i386', 'nginx=1.22.1-9', 'linux-image-amd64/bookworm-backports'],
    ['less-', '^lib.*$', 'Less'],
  ],
  ['dnf', ['gcc-c++', 'glibc.i686', 'bash-5.2.15-1.fc39'], ['less.rpm', '@core', 'a/b']],
  ['pacman', ['extra/less', 'gtk2+extra', 'r8168-lts'], ['less=1', 'a/b/c', 'Less']],
  ['apk', ['py3-pip', 'less>=600', 'less~6', 'less=643-r0', 'foo@edge'], ['!less', 'less.apk', 'less@']],
  ['xbps', ['less>=608', 'xorg-server'], ['a=b']],
  ['pkgtools', ['aaa_base', 'gtk+2', 'xz'], ['xz-5.4-x86_64-1.txz', 'a.tzst', '../xz', '/root/xz']],
  ['opkg', ['kmod-tun', 'luci-app-firewall'], ['x.ipk', 'Less']],
])('%s knows a name', (name, good, bad) => {
  for (const each of good) expect(row(name).packageName.test(each), each).toBe(true);
  for (const each of bad) expect(row(name).packageName.test(each), each).toBe(false);
});

const unknown = 'there is no package nosuch in the sources of the root';
const network = 'there was no network';
const together = 'they cannot be installed together';

test.each([
  ['apt', 'E: Unable to locate package nosuch', unknown],
  ['apt', "E: Package 'old' has no installation candidate", 'no source of the root offers old'],
  ['apt', "E: Version '9' for 'less' was not found", 'less has no version 9'],
  ['apt', "  Temporary failure resolving 'ftp.debian.org'", network],
  ['apt', 'dpkg: error processing package greeting (--configure):', 'a script of the package greeting failed'],
  ['dnf', 'No match for argument: nosuch', unknown],
  ['microdnf', "error: No package matches 'nosuch'", unknown],
  ['yum', 'No package nosuch available.', unknown],
  ['dnf', "Curl error (6): Couldn't resolve host name for http://x/", network],
  [
    'dnf',
    '  - nothing provides nowhere needed by needy-1.0-1.noarch',
    'nothing provides nowhere, which needy-1.0-1.noarch needs',
  ],
  ['dnf', ' Problem: package a-1 conflicts with b', together],
  [
    'dnf',
    'Package greeting-1.0-1.noarch.rpm is not signed',
    'no key that the root trusts has signed greeting-1.0-1.noarch.rpm',
  ],
  ['zypper', "No provider of 'nosuch' found.", unknown],
  [
    'zypper',
    'error: %prein(broken-1.0-1.noarch) scriptlet failed, exit status 3',
    'a script of the package broken failed',
  ],
  [
    'zypper',
    "File 'repomd.xml' from repository 'next' is signed with an unknown key 'AB12'. Continue? [yes/no] (no): no",
    'no key that the root trusts has signed repomd.xml of next',
  ],
  ['pacman', 'error: target not found: nosuch', unknown],
  ['pacman', 'error: required key missing from keyring', 'no key that the root trusts has signed the packages'],
  ['pacman', "error: failed retrieving file 'core.db' from mirror : Could not resolve host: mirror", network],
  ['pacman', "error: failed retrieving file 'core.db.sig' from disk", 'no key that the root trusts has signed core.db'],
  ['pacman', 'error: command failed to execute correctly', 'a script of a package failed'],
  ['apk', '  nosuch (no such package):', unknown],
  ['apk', 'WARNING: updating http://x/main: DNS lookup error', network],
  ['apk', 'ERROR: http://x/main: UNTRUSTED signature', 'no key that the root trusts has signed http://x/main'],
  ['xbps', "Package 'nosuch' not found in repository pool.", unknown],
  ['xbps', "ERROR: [reposync] failed to fetch file `x': Transient resolver failure", network],
  ['pkgtools', 'no file of nosuch', 'there is no file of nosuch in /var/cache/packages of the root'],
  [
    'apt',
    "E: The repository 'http://x/debian stable InRelease' is not signed.",
    'no key that the root trusts has signed http://x/debian',
  ],
  ['pacman', ":: removing greeting breaks dependency 'greeting' required by friend", 'friend needs greeting'],
  ['opkg', "Unknown package 'nosuch'.", unknown],
  ['opkg', ' * opkg_download: Failed to download http://x/Packages.gz, wget returned 4.', network],
])('%s: %s', (name, line, what) => {
  expect(meaningOf(name, ['something else', line, 'and more']).what).toBe(what);
});

test('of several lines the one that says most counts, whenever it comes', () => {
  const lines = [' Problem: conflicting requests', '  - nothing provides nowhere needed by needy-1.0-1.noarch'];
  expect(meaningOf('dnf', lines).what).toContain('nothing provides nowhere');
  expect(meaningOf('dnf', lines.toReversed()).what).toContain('nothing provides nowhere');
});

test('a failure that the status does not tell, and a status that tells none', () => {
  const heard = new Listener(row('pacman'));
  expect([0, 1].map((status) => heard.hasSucceeded(status))).toEqual([true, false]);
  heard.hear('error: command failed to execute correctly');
  expect(heard.hasSucceeded(0)).toBe(false);
  expect([0, 102, 104].map((status) => new Listener(row('zypper')).hasSucceeded(status))).toEqual([true, true, false]);
});
