// What everybody may write is sticky: otherwise any account of the container can replace the files of others.

import type { RootEntry } from '../root-view.ts';
import type { Rule } from '../rule.ts';

/** Looks at files and directories; links have no mode of their own, sockets and fifos are for others to write to. */
export const worldWritable: Rule = {
  code: 'world-writable',
  title: 'No file, and no directory without the sticky bit, can be written by everybody',
  check: (root) =>
    root
      .entries()
      .filter(isOpen)
      .map(({ path, mode }) => ({ path, message: `has mode ${mode.toString(8).padStart(4, '0')}` })),
};

const isOpen = ({ kind, mode }: RootEntry) =>
  (mode & 0o002) !== 0 && (kind === 'file' || (kind === 'directory' && (mode & 0o1000) === 0));
