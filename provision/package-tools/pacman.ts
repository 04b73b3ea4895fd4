// pacman of Arch Linux and what comes from it: pacman(8).

import {
  failedScript,
  nothingProvides,
  notTogether,
  notTrusted,
  type PackageManager,
  unknownPackage,
  withoutNetwork,
} from './tool.ts';

const quiet = ['--noconfirm', '--noprogressbar'];

const addRepository = `
pacman-key --init >/dev/null 2>&1
pacman-key --add "$1"
gpg --homedir /etc/pacman.d/gnupg --with-colons --show-keys "$1" | sed -n '/^pub/,/^fpr/s/^fpr:*\\([0-9A-F]*\\):$/\\1/p' |
  while read -r fingerprint; do pacman-key --lsign-key "$fingerprint"; done
grep -qxF "Include = $2" /etc/pacman.conf || echo "Include = $2" >>/etc/pacman.conf
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
  // pacman.conf(5); a key has to be signed by the root's own one (pacman-key(8)).
  repository: ({ name, url, key }) => {
    const [keyFile, list] = [`/etc/pacman.d/${name}.asc`, `/etc/pacman.d/${name}.conf`];
    const text = `[${name}]\nSigLevel = Required TrustedOnly\nServer = ${url}\n`;
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
    // A signature that is wanted and not there.
    [/^error: failed retrieving file '(\S+)\.sig'/, ([, file]) => notTrusted(file)],
    [/^error: failed retrieving file/, withoutNetwork],
    [/unable to satisfy dependency '(.+)' required by (\S+)/, ([, what, by]) => nothingProvides(what, by)],
    [/(?:could not satisfy dependencies|unresolvable package conflicts)/, notTogether],
    [/^error: command failed to execute correctly/, () => failedScript()],
  ],
  // It goes on when a script fails.
  failures: [/^error: command failed to execute correctly/],
};
