// No account or group of an image has a usable password, not even one behind a lock, nor an empty one (shadow(5)).

import { accountLines } from '../account-file.ts';
import type { RootView } from '../root-view.ts';
import type { Finding, Rule } from '../rule.ts';

// `*`, `!`, `!!`, `!*`, `*LK*`: nothing that a hash could be made of. `!$y$…` is a hash that `passwd -u` brings back.
const locked = /^[*!]+(?:[A-Z]{1,3}\*)?$/;

/** `empty` tells what an empty field means: for accounts a login without a password, for groups only that none is set. */
interface AccountFile {
  readonly path: string;
  readonly empty: 'usable' | 'none';
  /** `x` in passwd and group sends the reader to the shadow file. */
  readonly elsewhere: boolean;
}

const files: readonly AccountFile[] = ['', '-'].flatMap((suffix) => [
  { path: `etc/passwd${suffix}`, empty: 'usable', elsewhere: true },
  { path: `etc/shadow${suffix}`, empty: 'usable', elsewhere: false },
  { path: `etc/group${suffix}`, empty: 'none', elsewhere: true },
  { path: `etc/gshadow${suffix}`, empty: 'none', elsewhere: false },
]);

/** Looks at /etc/passwd, shadow, group, gshadow and the copies with `-` that the tools leave. */
export const passwords: Rule = {
  code: 'usable-password',
  title: 'Every password is locked',
  check: (root) => files.flatMap((file) => checkFile(root, file)),
};

function checkFile(root: RootView, file: AccountFile): Finding[] {
  return accountLines(root, file.path).flatMap(({ name, password }) => {
    if (locked.test(password) || (file.elsewhere && password === 'x')) return [];
    if (password === '')
      return file.empty === 'none' ? [] : [{ path: file.path, message: `${name} needs no password` }];
    const kept = password.startsWith('!') ? 'keeps a password behind its lock' : 'has a password';
    return [{ path: file.path, message: `${name} ${kept}` }];
  });
}
