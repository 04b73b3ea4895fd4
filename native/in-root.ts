// Follows a path in a tree as a process would that has the tree's root as its `/`: what openat2(2) does with
// RESOLVE_IN_ROOT, which Node cannot call. Looks through the caller's eyes; no symbolic link leads out of the root.

// As the kernel's limit (path_resolution(7)).
const mostLinks = 40;

/** What stands at a path. */
export type NodeKind = 'directory' | 'symlink' | 'other' | 'missing';

/** How a tree is looked at. Paths are relative to its root, without leading slash and links; `` is the root. */
export interface TreeLook {
  kindOf(path: string): NodeKind;
  /** Where the symbolic link at `path` leads, as it is written. */
  targetOf(path: string): string;
  /** Makes the missing directory `path`; without this a walk ends there. */
  make?(path: string): void;
}

/** Where a walk has ended. */
export interface Reached {
  /** Without symbolic links, but for the last name when that was kept. */
  readonly path: string;
  readonly kind: NodeKind | 'too-many-links';
  /** True when this is the end of the path, and not something on the way that is no directory. */
  readonly complete: boolean;
}

/**
 * Walks `path` from the directory `from` (default: the root). A link at the end is followed with `last: 'follow'`, and is
 * itself the end with `keep`. `..` at the root stays there. Nobody else may change the tree meanwhile.
 */
export function walkInRoot(look: TreeLook, path: string, last: 'follow' | 'keep', from = ''): Reached {
  const pending = namesOf(path);
  let at = path.startsWith('/') ? '' : from;
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '..') {
      at = at.slice(0, Math.max(at.lastIndexOf('/'), 0));
      continue;
    }
    const next = at === '' ? name : `${at}/${name}`;
    const complete = pending.length === 0;
    let kind = look.kindOf(next);
    if (kind === 'symlink' && !(complete && last === 'keep')) {
      links += 1;
      if (links > mostLinks) return { path: next, kind: 'too-many-links', complete: false };
      const target = look.targetOf(next);
      if (target.startsWith('/')) at = '';
      pending.unshift(...namesOf(target));
      continue;
    }
    if (kind === 'missing' && look.make !== undefined) {
      look.make(next);
      kind = 'directory';
    }
    if (kind !== 'directory') return { path: next, kind, complete };
    at = next;
  }
  return { path: at, kind: 'directory', complete: true };
}

const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');
