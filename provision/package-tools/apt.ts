// apt, of Debian and what comes from it: apt-get(8).

import { policyFile, startNothing } from '../service-policy.ts';
import {
  failedScript,
  notOffered,
  notTogether,
  type PackageManager,
  unknownPackage,
  unknownVersion,
  withoutNetwork,
} from './tool.ts';

export const apt: PackageManager = {
  name: 'apt',
  programs: ['/usr/bin/apt-get'],
  // A name, with :arch, =version or /release. A `-` at the end would remove the package.
  packageName: /^[a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?(?:[=/][A-Za-z0-9.+~:-]+)?(?<!-)$/,
  install: (names) => [
    ['apt-get', '-q', 'update'],
    [
      'apt-get',
      '-q',
      '-y',
      // What stands in the root goes before what a package brings: it may have been placed on purpose.
      ...['Dpkg::Options::=--force-confold', 'Dpkg::Options::=--force-confdef', 'Dpkg::Use-Pty=0'].map(option),
      ...['APT::Keep-Downloaded-Packages=false', 'APT::Get::AllowUnauthenticated=false'].map(option),
      'install',
      '--',
      ...names,
    ],
  ],
  holdsServices: { path: `/${policyFile}`, text: startNothing },
  meanings: [
    [/Unable to locate package (\S+)/, ([, name]) => unknownPackage(name)],
    [/Package '?([^' ]+)'? has no installation candidate/, ([, name]) => notOffered(name)],
    [/Version '([^']+)' for '([^']+)' was not found/, ([, version, name]) => unknownVersion(name, version)],
    [/(?:failure resolving|Could not resolve|Could not connect|Network is unreachable)/, withoutNetwork],
    [/The following packages have unmet dependencies/, notTogether],
    [/^dpkg: error processing package (\S+)/, ([, name]) => failedScript(name)],
  ],
};

function option(text: string): string {
  return `-o${text}`;
}
