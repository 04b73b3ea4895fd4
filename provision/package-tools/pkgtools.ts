// pkgtools of Slackware and Plamo: installpkg(8). It knows no sources: a package is a file that somebody has put into a folder of the
// root, and nobody looks for what it needs.

import { failedScript, type Meaning, type PackageManager } from './tool.ts';

/** Where the files are; slackpkg keeps its own there. */
const folder = '/var/cache/packages';

// NAME-VERSION-ARCH-BUILD.txz: the name is all before the last three parts.
const installFiles = `
for name; do
  found=
  for file in ${folder}/*.t[bglx]z ${folder}/*.tzst; do
    base=\${file##*/}
    if [ -f "$file" ] && [ "\${base%-*-*-*}" = "$name" ]; then found=$file; fi
  done
  if [ -z "$found" ]; then echo "no file of $name"; exit 1; fi
  installpkg "$found"
done
`;

const missing = (what: string): Meaning => ({ what, offline: false });

export const pkgtools: PackageManager = {
  name: 'pkgtools',
  programs: ['/sbin/installpkg', '/usr/sbin/installpkg'],
  packageName: /^[A-Za-z0-9][A-Za-z0-9_.+-]*(?<!\.t(?:[bglx]z|zst))$/,
  refresh: [],
  install: (names) => [['sh', '-ec', installFiles, 'sh', ...names]],
  update: undefined,
  remove: (names) => [['removepkg', ...names]],
  clean: [['sh', '-c', `rm -rf ${folder}/*`]],
  meanings: [
    [/^no file of (\S+)$/, ([, name]) => missing(`there is no file of ${name} in ${folder} of the root`)],
    [/^No such package: (\S+?)\.? /, ([, name]) => missing(`${name} is not installed`)],
    [/^\S*doinst\.sh: /, () => failedScript()],
  ],
  // It goes on then.
  failures: [/^No such package: /],
};
