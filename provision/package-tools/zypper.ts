// zypper of openSUSE and SLE: zypper(8).

import { rpmName, rpmRepository } from './dnf.ts';
import {
  failedScript,
  nothingProvides,
  notTogether,
  notTrusted,
  type PackageManager,
  unknownPackage,
  withoutNetwork,
} from './tool.ts';

export const zypper: PackageManager = {
  name: 'zypper',
  programs: ['/usr/bin/zypper'],
  packageName: rpmName,
  refresh: [['zypper', '--non-interactive', 'refresh']],
  install: (names) => [['zypper', '--non-interactive', 'install', '--', ...names]],
  update: [['zypper', '--non-interactive', 'update']],
  remove: (names) => [['zypper', '--non-interactive', 'remove', '--clean-deps', '--', ...names]],
  clean: [['zypper', '--non-interactive', 'clean', '--all']],
  repository: (repository) => {
    const files = rpmRepository(repository, '/etc/zypp/repos.d');
    return { files, programs: files.slice(0, 1).map(({ path }) => ['rpm', '--import', path]) };
  },
  // All is done, and the machine should be started again (102), or zypper itself is newer now (103).
  succeeds: [102, 103],
  meanings: [
    [/^No provider of '([^']+)' found/, ([, name]) => unknownPackage(name)],
    [/^'([^']+)' not found in package names/, ([, name]) => unknownPackage(name)],
    [/(?:Could(?: not|n't) (?:resolve host|connect)|Connection failed|Timeout exceeded)/, withoutNetwork],
    [/^File '([^']+)' from repository '([^']+)' is unsigned/, ([, file, of]) => notTrusted(`${file} of ${of}`)],
    [
      /^File '([^']+)' from repository '([^']+)' is signed with an unknown key/,
      ([, file, of]) => notTrusted(`${file} of ${of}`),
    ],
    [/^Package (\S+) \(.*\) is not signed/i, ([, name]) => notTrusted(name)],
    [/^(?:Error: )?Signature verification failed for (?:file )?'([^']+)'/, ([, file]) => notTrusted(file)],
    [/nothing provides (.+) needed by (\S+)/, ([, what, by]) => nothingProvides(what, by)],
    [/^Problem: /, notTogether],
    [/%\w+\((.+)-[^-]+-[^-]+\) scriptlet failed/, ([, name]) => failedScript(name)],
  ],
};
