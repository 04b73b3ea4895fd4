// Nobody has left a way in by ssh: no account of an image has an authorized key.

import { accountLines } from '../account-file.ts';
import type { RootView } from '../root-view.ts';
import type { Rule } from '../rule.ts';

const names = ['authorized_keys', 'authorized_keys2'];

/** Looks in the home folders of /etc/passwd, in /root and in every folder of /home. Comments alone are no key. */
export const authorizedKeys: Rule = {
  code: 'authorized-key',
  title: 'No account has an authorized ssh key',
  check: (root) =>
    homes(root).flatMap((home) =>
      names
        .map((name) => `${home}/.ssh/${name}`)
        .filter((path) => holdsKey(root, path))
        .map((path) => ({ path, message: 'lets somebody in' })),
    ),
};

function homes(root: RootView): string[] {
  const named = accountLines(root, 'etc/passwd').flatMap(({ fields }) => {
    const home = (fields[5] ?? '').replace(/^\/+/, '').replace(/\/+$/, '');
    return home === '' ? [] : [home];
  });
  return [...new Set(['root', ...root.readdir('home').map((name) => `home/${name}`), ...named])];
}

const sizeLimit = 1 << 20;

function holdsKey(root: RootView, path: string): boolean {
  const text = root.readFile(path, sizeLimit)?.toString('utf8') ?? '';
  return text.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}
