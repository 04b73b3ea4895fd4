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

export const pacman: PackageManager = {
  name: 'pacman',
  programs: ['/usr/bin/pacman'],
  // A name, with repository/ before it. `name=version` is for dependencies alone.
  packageName: /^(?:[a-z0-9][a-z0-9@._+-]*\/)?[a-z0-9@_+][a-z0-9@._+-]*$/,
  // The lists are of today: with older packages beside, what is installed may not fit. So all is brought up to date, as Arch wants it.
  install: (names) => [['pacman', '--noconfirm', '--noprogressbar', '-Syu', '--needed', '--', ...names]],
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
