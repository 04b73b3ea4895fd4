// Follows a path inside a root as the kernel would, component by component. Nothing leads out: `..` at the root stays
// there, and too many links lead nowhere.

import type { RootEntry } from './root-view.ts';

/** What there is at a path without links on the way; undefined when there is nothing. */
export type Look = (path: string) => RootEntry | undefined;

// As the kernel's limit (path_resolution(7)).
const mostLinks = 40;

/** The entry that `path` leads to. `link` gives the target of a symbolic link by its path; `followLast`: also of the last. */
export function walkPath(
  path: string,
  followLast: boolean,
  at: Look,
  link: (path: string) => string,
): RootEntry | undefined {
  const pending = components(path);
  let current = at('');
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (current?.kind !== 'directory') return undefined;
    const here = current.path;
    if (name === '..') {
      current = at(here.slice(0, Math.max(here.lastIndexOf('/'), 0)));
      continue;
    }
    current = at(here === '' ? name : `${here}/${name}`);
    if (current?.kind !== 'symlink' || (pending.length === 0 && !followLast)) continue;
    links += 1;
    if (links > mostLinks) return undefined;
    const target = link(current.path);
    pending.unshift(...components(target));
    current = at(target.startsWith('/') ? '' : here);
  }
  return current;
}

const components = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');
