// An unprivileged client leaves out exactly the device nodes: tar compares whole member names, and one node that it is
// not told of ends the unpacking (docs/PROTOCOLS.md, section 1).

import { pickMember } from '../../image/index.ts';
import type { ImageRule } from '../rule.ts';

// The client hands the lines on unquoted, and tar takes them for patterns.
const taken = /[\s*?[\]\\'"$`;&|<>(){}]/;

const path = 'meta.tar.xz';

/** Compares `excludes` as the mode user takes it with the headers of the archive. */
export const excludes: ImageRule = {
  code: 'excludes',
  title: 'Unprivileged clients leave out every device node and nothing else',
  check: ({ devices, meta }) => {
    const named = linesOf(pickMember(meta, 'excludes', 'user'));
    const nodes = devices.map(({ name }) => name);
    const line = (text: string) => Buffer.from(text, 'latin1').toString();
    return [
      ...nodes
        .filter((name) => !named.includes(name))
        .map((name) => ({
          path: name.replace(/^\.\//, ''),
          message: 'is a device node that excludes-user does not name',
        })),
      ...named
        .filter((name) => !nodes.includes(name))
        .map((name) => ({ path, message: `excludes ${line(name)}, which is no device node of the archive` })),
      ...named
        .filter((name) => taken.test(name))
        .map((name) => ({ path, message: `excludes ${line(name)}, which shell and tar take for a pattern` })),
    ];
  },
};

// One character a byte, as in the names of members.
const linesOf = (member: Buffer | undefined) =>
  (member?.toString('latin1') ?? '').split('\n').filter((line) => line !== '');
