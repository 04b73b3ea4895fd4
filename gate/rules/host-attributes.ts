// Extended attributes that the build host's kernel left: SELinux labels and what overlayfs keeps for itself.

import type { Rule } from '../rule.ts';

const refused = /^(?:security\.selinux$|(?:user|trusted)\.overlay\.)/;

/** Looks at every entry's attributes. */
export const hostAttributes: Rule = {
  code: 'host-attribute',
  title: 'There is no SELinux label and no attribute of overlayfs',
  check: (root) =>
    root.entries().flatMap((entry) =>
      root
        .xattrs(entry)
        .filter((name) => refused.test(name))
        .map((name) => ({ path: entry.path, message: `has the attribute ${name}` })),
    ),
};
