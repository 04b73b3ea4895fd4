// Parts of a root that clients fetch with every update.

import type { Residues } from '../image/index.ts';

/** What no package has and almost every build changes; apart from the rest, so that clients need not fetch that again. */
export const residues: Residues = [
  {
    name: 'state of packages',
    prefixes: ['var/lib/dpkg/', 'var/lib/apt/', 'var/lib/ucf/', 'var/cache/debconf/', 'etc/ld.so.cache'],
  },
];
