// dnf of Fedora and of what comes from RHEL (dnf(8); also dnf5), with its smaller and older forms that understand the same words.

import {
  failedScript,
  nothingProvides,
  notTogether,
  notTrusted,
  type PackageManager,
  unknownPackage,
  withoutNetwork,
} from './tool.ts';

/** A name, with -version or .arch. What ends with .rpm, or has a slash, would be a file. */
export const rpmName = /^[A-Za-z0-9_][A-Za-z0-9_.+~^:-]*(?<!\.rpm)$/;

function like(name: string, fresh: readonly string[] = []): PackageManager {
  return {
    name,
    programs: [`/usr/bin/${name}`],
    packageName: rpmName,
    install: (names) => [[name, '-y', ...fresh, 'install', ...names]],
    meanings: [
      [/^No match for argument: (\S+)/, ([, missing]) => unknownPackage(missing)],
      [/^error: No package matches '([^']+)'/, ([, missing]) => unknownPackage(missing)],
      [/^No package (\S+) available/, ([, missing]) => unknownPackage(missing)],
      [/(?:Could(?: not|n't) (?:resolve host|connect)|Curl error|Cannot download repomd\.xml)/, withoutNetwork],
      [/nothing provides (.+) needed by (\S+)/, ([, what, by]) => nothingProvides(what, by)],
      [/^ ?Problem: /, notTogether],
      [/^However, you do not have any GPG public keys installed/, () => notTrusted('the packages')],
      [/^Public key for (\S+) is not installed/, ([, file]) => notTrusted(file)],
      [/^Package (\S+) is not signed/, ([, file]) => notTrusted(file)],
      [/^Error in \S+ scriptlet in rpm package (\S+)/, ([, failed]) => failedScript(failed)],
    ],
  };
}

// Otherwise lists of the last two days would do.
export const dnf = like('dnf', ['--refresh']);
export const microdnf = like('microdnf', ['--refresh']);
export const yum = like('yum');
