// pacman of Arch Linux and what comes from it: pacman(8).

import {
  failedScript,
  nothingProvides,
  notTogether,
  notTrusted,
  type PackageManager,
  stillNeeded,
  unknownPackage,
  withoutNetwork,
} from './tool.ts';

const quiet = ['--noconfirm', '--noprogressbar'];

// pacman-key would make a secret key of the root's own to sign this one with, which all containers of an image would have then. So the
// key is trusted as such a one is.
const addRepository = `
mkdir -p -m 755 /etc/pacman.d/gnupg
# Under this name alone pacman looks for it.
[ -e /etc/pacman.d/gnupg/pubring.gpg ] || : >/etc/pacman.d/gnupg/pubring.gpg
keys() { gpg --homedir /etc/pacman.d/gnupg --no-permission-warning --batch --quiet "$@"; }
keys --import "$1"
keys --with-colons --show-keys "$1" | sed -n '/^pub/,/^fpr/s/^fpr:*\\([0-9A-F]*\\):$/\\1:6:/p' | keys --import-ownertrust
chmod 644 /etc/pacman.d/gnupg/pubring.* /etc/pacman.d/gnupg/trustdb.gpg
grep -qxF "Include = $2" /etc/pacman.conf || printf '\\nInclude = %s\\n' "$2" >>/etc/pacman.conf
`;

export const pacman: PackageManager = {
  name: 'pacman',
  programs: ['/usr/bin/pacman'],
  // A name, with repository/ before it. `name=version` is for dependencies alone.
  packageName: /^(?:[a-z0-9][a-z0-9@._+-]*\/)?[a-z0-9@_+][a-z0-9@._+-]*$/,
  // The lists are of today: with older packages beside, what is installed may not fit. So all is brought up to date, as Arch wants it.
  refresh: [],
  install: (names) => [['pacman', ...quiet, '-Syu', '--needed', '--', ...names]],
  update: [['pacman', ...quiet, '-Syu']],
  remove: (names) => [['pacman', ...quiet, '-Rns', '--', ...names]],
  // Its own way to do so asks, and takes no answer for a no.
  clean: [['sh', '-c', 'rm -rf /var/cache/pacman/pkg/*']],
  // pacman.conf(5). Few sign their lists; packages have to be signed.
  repository: ({ name, url, key }) => {
    const [keyFile, list] = [`/etc/pacman.d/${name}.asc`, `/etc/pacman.d/${name}.conf`];
    const text = `[${name}]\nSigLevel = Required DatabaseOptional TrustedOnly\nServer = ${url}\n`;
    return {
      files: [
        { path: keyFile, text: key },
        { path: list, text },
      ],
      programs: [['sh', '-ec', addRepository, 'sh', keyFile, list]],
    };
  },
  meanings: [
    [/^error: target not found: (\S+)/, ([, name]) => unknownPackage(name)],
    [/^error: (\S+): signature from .* is/, ([, name]) => notTrusted(name)],
    [/^error: (\S+): (?:missing required signature|key ".*" is unknown)/, ([, name]) => notTrusted(name)],
    [/^error: required key missing from keyring/, () => notTrusted('the packages')],
    // A signature that is wanted and not there.
    [/^error: failed retrieving file '(\S+)\.sig'/, ([, file]) => notTrusted(file)],
    [/^error: failed retrieving file/, withoutNetwork],
    [/unable to satisfy dependency '(.+)' required by (\S+)/, ([, what, by]) => nothingProvides(what, by)],
    [/removing (\S+) breaks dependency .* required by (\S+)/, ([, name, by]) => stillNeeded(name, by)],
    [/(?:could not satisfy dependencies|unresolvable package conflicts)/, notTogether],
    [/^error: command failed to execute correctly/, () => failedScript()],
  ],
  // It goes on when a script fails.
  failures: [/^error: command failed to execute correctly/],
};
