// A system container has an init: /sbin/init leads, inside the root, to something that can be executed.

import type { Rule } from '../rule.ts';

const path = 'sbin/init';

/** Follows /sbin/init as the container will. */
export const init: Rule = {
  code: 'no-init',
  title: '/sbin/init is an executable of the root',
  check: (root) => {
    const entry = root.resolve(path);
    if (entry === undefined) {
      return [{ path, message: root.lstat(path) === undefined ? 'is missing' : 'leads to nothing in the root' }];
    }
    const executable = entry.kind === 'file' && (entry.mode & 0o111) !== 0 && entry.size > 0;
    return executable ? [] : [{ path, message: `leads to /${entry.path}, which cannot be executed` }];
  },
};
