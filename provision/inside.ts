// Finds the real directory of a path under a root, as a process would that has the root as its `/`. No symbolic link
// leads out; what is in the way and is no directory is refused. Nobody else may change the tree meanwhile.

import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../errors/index.ts';

// As the kernel's limit (path_resolution(7)).
const mostLinks = 40;

/** A directory under the root, without symbolic links in its path, and those that were made on the way. */
export interface InsideDirectory {
  readonly directory: string;
  readonly made: readonly string[];
}

/**
 * The directory at `path` (absolute in the root); what is missing is made with mode 0755.
 * Throws `file-misplaced` when something else than a directory is in the way.
 */
export function directoryInside(root: string, path: string): InsideDirectory {
  const made: string[] = [];
  let at: string[] = [];
  let links = 0;
  const pending = path.split('/');
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const next = join(root, ...at, name);
    const status = lstatSync(next, { throwIfNoEntry: false });
    if (status?.isSymbolicLink()) {
      links += 1;
      if (links > mostLinks) throw misplaced(path, 'there are too many symbolic links on the way');
      const target = readlinkSync(next);
      if (target.startsWith('/')) at = [];
      pending.unshift(...target.split('/'));
      continue;
    }
    if (status === undefined) {
      mkdirSync(next);
      made.push(next);
    } else if (!status.isDirectory()) {
      throw misplaced(path, `/${[...at, name].join('/')} is not a directory`);
    }
    at.push(name);
  }
  return { directory: join(root, ...at), made };
}

/** The error for a file that something is in the way of. */
export function misplaced(path: string, why: string): CooperError {
  return new CooperError('file-misplaced', { what: `cannot place ${path}: ${why}` });
}
