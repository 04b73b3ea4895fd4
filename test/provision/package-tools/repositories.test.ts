// What a repository is in a root, by the package manager that it has.

import { expect, test } from 'vitest';
import type { Repository } from '../../../provision/package-tools/tool.ts';
import { packageManagers } from '../../../provision/package-tools.ts';

const repository: Repository = {
  name: 'tools',
  url: 'http://tools.example.org/all',
  key: 'THE KEY',
  keyName: 'tools.pub',
};

const settingOf = (name: string, more: Partial<Repository> = {}) =>
  packageManagers.find((manager) => manager.name === name)?.repository?.({ ...repository, ...more });
const rpm = `[tools]
name=tools
baseurl=http://tools.example.org/all
enabled=1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-tools
`;

test.each([
  ['dnf', '/etc/pki/rpm-gpg/RPM-GPG-KEY-tools', '/etc/yum.repos.d/tools.repo', rpm],
  ['microdnf', '/etc/pki/rpm-gpg/RPM-GPG-KEY-tools', '/etc/yum.repos.d/tools.repo', rpm],
  ['yum', '/etc/pki/rpm-gpg/RPM-GPG-KEY-tools', '/etc/yum.repos.d/tools.repo', rpm],
  ['zypper', '/etc/pki/rpm-gpg/RPM-GPG-KEY-tools', '/etc/zypp/repos.d/tools.repo', rpm],
  [
    'pacman',
    '/etc/pacman.d/tools.asc',
    '/etc/pacman.d/tools.conf',
    '[tools]\nSigLevel = Required DatabaseOptional TrustedOnly\nServer = http://tools.example.org/all\n',
  ],
  ['apk', '/etc/apk/keys/tools.pub', '/etc/apk/repositories.d/tools.list', 'http://tools.example.org/all\n'],
  ['xbps', '/var/db/xbps/keys/tools.pub', '/etc/xbps.d/tools.conf', 'repository=http://tools.example.org/all\n'],
  ['opkg', '/etc/opkg/keys/tools.pub', '/etc/opkg/tools.conf', 'src/gz tools http://tools.example.org/all\n'],
])('%s has the key at %s, and its entry at %s', (name, keyFile, entry, text) => {
  expect(settingOf(name)?.files).toEqual([
    { path: keyFile, text: 'THE KEY' },
    { path: entry, text },
  ]);
});

test('apt has a suite with components, or one folder of packages, and believes no other key', () => {
  const signed = 'Signed-By: /etc/apt/keyrings/tools.asc\n';
  const head = 'Types: deb\nURIs: http://tools.example.org/all\n';
  const textOf = (more: Partial<Repository>) => settingOf('apt', more)?.files[1]?.text;
  expect(settingOf('apt')?.files[0]).toEqual({ path: '/etc/apt/keyrings/tools.asc', text: 'THE KEY' });
  expect(textOf({ suite: 'stable', components: ['main', 'more'] })).toBe(
    `${head}Suites: stable\nComponents: main more\n${signed}`,
  );
  expect(textOf({})).toBe(`${head}Suites: ./\n${signed}`);
});

test('zypper is given the key, for without a question it takes none', () => {
  expect(settingOf('zypper')?.programs).toEqual([['rpm', '--import', '/etc/pki/rpm-gpg/RPM-GPG-KEY-tools']]);
});

test('pacman is told the files as arguments, which no shell reads', () => {
  const [program = []] = settingOf('pacman')?.programs ?? [];
  expect(program.slice(-2)).toEqual(['/etc/pacman.d/tools.asc', '/etc/pacman.d/tools.conf']);
  // A root in which it had signed a key would have a secret key, and every container of the image with it.
  expect(program.join(' ')).not.toMatch(/pacman-key|--lsign/);
});

test('pkgtools has no repositories', () => {
  expect(settingOf('pkgtools')).toBeUndefined();
});
