// Device nodes exist only as headers in the archive, never in the tree (docs/DESIGN.md, "Build root").

import type { Rule } from '../rule.ts';

/** Looks at every entry; overlayfs' whiteouts (0, 0) are device nodes too. */
export const deviceNodes: Rule = {
  code: 'device-node',
  title: 'There is no device node in the tree',
  check: (root) =>
    root
      .entries()
      .filter(({ kind }) => kind === 'character' || kind === 'block')
      .map(({ path, kind }) => ({ path, message: `is a ${kind} device` })),
};
