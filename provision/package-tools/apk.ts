// apk of Alpine Linux: apk(8).

import { failedScript, notTogether, notTrusted, type PackageManager, unknownPackage, withoutNetwork } from './tool.ts';

export const apk: PackageManager = {
  name: 'apk',
  programs: ['/sbin/apk'],
  // A name, with a version (=, <, >, ~) or the @tag of a repository. A `!` before it would keep it out, and .apk at its end be a file.
  packageName: /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:(?:[=<>~]=?)[A-Za-z0-9_.-]+)?(?:@[A-Za-z0-9_-]+)?(?<!\.apk)$/,
  refresh: [['apk', '--no-progress', 'update']],
  install: (names) => [['apk', '--no-progress', 'add', ...names]],
  update: [['apk', '--no-progress', 'upgrade']],
  remove: (names) => [['apk', '--no-progress', 'del', ...names]],
  clean: [['sh', '-c', 'rm -rf /var/cache/apk/*']],
  repository: ({ name, url, key, keyName }) => {
    const entry = { path: `/etc/apk/repositories.d/${name}.list`, text: `${url}\n` };
    return { files: [{ path: `/etc/apk/keys/${keyName}`, text: key }, entry], programs: [] };
  },
  meanings: [
    [/^\s+(\S+) \(no such package\)/, ([, name]) => unknownPackage(name)],
    [/(?:DNS lookup error|temporary error|network error|could not connect to server)/, withoutNetwork],
    [/^(?:ERROR|WARNING): (\S+): UNTRUSTED signature/, ([, name]) => notTrusted(name)],
    [/^ERROR: (\S+)-[^-]+-r\d+(?:\.\S+)?: (?:script exited|failed to execute)/, ([, name]) => failedScript(name)],
    [/^ERROR: unable to select packages/, notTogether],
  ],
};
