// Every owner is an id that an unprivileged container has, and a real one.

import type { RootEntry } from '../root-view.ts';
import type { Rule } from '../rule.ts';

// Containers get 65536 ids. 65534, nobody, owns no file of a distribution; in a box it is also what every owner looks
// like that the id map does not know (user_namespaces(7), "Unmapped user and group IDs"). nogroup has honest files.
const highest = 65_535;
const nobody = 65_534;

/** Looks at every entry. */
export const foreignIds: Rule = {
  code: 'foreign-id',
  title: 'Every owner is known in a container of 65536 ids',
  check: (root) =>
    root
      .entries()
      .filter(isForeign)
      .map(({ path, uid, gid }) => ({ path, message: `belongs to ${uid}:${gid}` })),
};

const isForeign = ({ uid, gid }: RootEntry) => uid > highest || gid > highest || uid === nobody;
