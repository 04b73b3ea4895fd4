// dnf of Fedora and of what comes from RHEL (dnf(8); also dnf5), with its smaller and older forms that understand the same words.

import {
  failedScript,
  nothingProvides,
  notTogether,
  notTrusted,
  type PackageManager,
  type Repository,
  type RepositorySetting,
  unknownPackage,
  withoutNetwork,
} from './tool.ts';

/** A name, with -version or .arch. What ends with .rpm, or has a slash, would be a file. */
export const rpmName = /^[A-Za-z0-9_][A-Za-z0-9_.+~^:-]*(?<!\.rpm)$/;

/** The same text is understood by dnf (dnf.conf(5)) and zypper. */
export function rpmRepository({ name, url, key }: Repository, folder: string): RepositorySetting['files'] {
  const keyFile = `/etc/pki/rpm-gpg/RPM-GPG-KEY-${name}`;
  const lines = [`[${name}]`, `name=${name}`, `baseurl=${url}`, 'enabled=1', 'gpgcheck=1', `gpgkey=file://${keyFile}`];
  return [
    { path: keyFile, text: key },
    { path: `${folder}/${name}.repo`, text: `${lines.join('\n')}\n` },
  ];
}

function like(name: string, fresh: readonly string[] = []): PackageManager {
  return {
    name,
    programs: [`/usr/bin/${name}`],
    packageName: rpmName,
    refresh: [],
    install: (names) => [[name, '-y', ...fresh, 'install', ...names]],
    update: [[name, '-y', ...fresh, 'upgrade']],
    remove: (names) => [[name, '-y', 'remove', ...names]],
    clean: [[name, 'clean', 'all']],
    repository: (repository) => ({ files: rpmRepository(repository, '/etc/yum.repos.d'), programs: [] }),
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
