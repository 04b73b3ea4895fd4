// apt, of Debian and what comes from it: apt-get(8).

import { policyFile, startNothing } from '../service-policy.ts';
import {
  failedScript,
  notOffered,
  notTogether,
  notTrusted,
  type PackageManager,
  unknownPackage,
  unknownVersion,
  withoutNetwork,
} from './tool.ts';

const quiet = [
  'apt-get',
  '-q',
  '-y',
  // What stands in the root goes before what a package brings: it may have been placed on purpose.
  ...['Dpkg::Options::=--force-confold', 'Dpkg::Options::=--force-confdef', 'Dpkg::Use-Pty=0'].map(option),
  ...['APT::Keep-Downloaded-Packages=false', 'APT::Get::AllowUnauthenticated=false'].map(option),
];

export const apt: PackageManager = {
  name: 'apt',
  programs: ['/usr/bin/apt-get'],
  // A name, with :arch, =version or /release. A `-` at the end would remove the package.
  packageName: /^[a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?(?:[=/][A-Za-z0-9.+~:-]+)?(?<!-)$/,
  refresh: [['apt-get', '-q', 'update']],
  install: (names) => [[...quiet, 'install', '--', ...names]],
  update: [[...quiet, 'dist-upgrade']],
  remove: (names) => [[...quiet, '--purge', 'remove', '--', ...names]],
  clean: [['apt-get', '-q', 'clean']],
  // deb822 (sources.list(5)).
  repository: ({ name, url, key, suite = './', components = [] }) => {
    const keyring = `/etc/apt/keyrings/${name}.asc`;
    const parts = components.length === 0 ? '' : `Components: ${components.join(' ')}\n`;
    const text = `Types: deb\nURIs: ${url}\nSuites: ${suite}\n${parts}Signed-By: ${keyring}\n`;
    const entry = { path: `/etc/apt/sources.list.d/${name}.sources`, text };
    return { files: [{ path: keyring, text: key }, entry], programs: [] };
  },
  holdsServices: { path: `/${policyFile}`, text: startNothing },
  meanings: [
    [/Unable to locate package (\S+)/, ([, name]) => unknownPackage(name)],
    [/Package '?([^' ]+)'? has no installation candidate/, ([, name]) => notOffered(name)],
    [/Version '([^']+)' for '([^']+)' was not found/, ([, version, name]) => unknownVersion(name, version)],
    [/(?:failure resolving|Could not resolve|Could not connect|Network is unreachable)/, withoutNetwork],
    [/^W: GPG error: (\S+)/, ([, source]) => notTrusted(source)],
    [/^E: The repository '(\S+) [^']*' is not signed/, ([, source]) => notTrusted(source)],
    [/The following packages have unmet dependencies/, notTogether],
    [/^dpkg: error processing package (\S+)/, ([, name]) => failedScript(name)],
  ],
};

function option(text: string): string {
  return `-o${text}`;
}
