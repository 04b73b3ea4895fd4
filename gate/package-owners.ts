// Which package a path of the root belongs to, after dpkg's own lists (dpkg(1), /var/lib/dpkg/info). Reads nothing else.

import type { RootView } from './root-view.ts';

// The longest lists of Debian have a few megabytes.
const sizeLimit = 1 << 24;
const info = 'var/lib/dpkg/info';

/** Owners by path. `known`: the root has a database of packages; without one nobody can say that a path has no owner. */
export interface PackageOwners {
  readonly known: boolean;
  readonly owner: ReadonlyMap<string, string>;
}

/** The packages that own `paths` (as in RootEntry); links of the merged /usr and diversions are looked through. */
export function packageOwners(root: RootView, paths: readonly string[]): PackageOwners {
  const lists = root.readdir(info).filter((name) => name.endsWith('.list'));
  const owner = new Map<string, string>();
  if (paths.length === 0 || lists.length === 0) return { known: lists.length > 0, owner };
  const wanted = listedNames(root, paths);
  for (const name of lists) {
    const text = root.readFile(`${info}/${name}`, sizeLimit)?.toString('latin1') ?? '';
    for (const line of text.split('\n')) {
      const path = wanted.get(line);
      if (path !== undefined) owner.set(path, name.replace(/(?::[a-z0-9-]+)?\.list$/, ''));
    }
  }
  return { known: true, owner };
}

/** Every name under which dpkg may list one of the paths → that path. */
function listedNames(root: RootView, paths: readonly string[]): Map<string, string> {
  const merged = root.readdir('').flatMap((name) => {
    const target = root.lstat(name)?.kind === 'symlink' ? root.resolve(name) : undefined;
    return target?.kind === 'directory' ? [{ from: `${target.path}/`, to: `${name}/` }] : [];
  });
  const names = new Map<string, string>();
  for (const path of paths) {
    names.set(`/${path}`, path);
    for (const { from, to } of merged) if (path.startsWith(from)) names.set(`/${to}${path.slice(from.length)}`, path);
  }
  for (const { from, to } of diversions(root)) {
    const path = names.get(to);
    if (path !== undefined) names.set(from, path);
  }
  return names;
}

/** Three lines each: the path, where it went, whose diversion it is (dpkg-divert(1)). */
function diversions(root: RootView): { from: string; to: string }[] {
  const lines = (root.readFile('var/lib/dpkg/diversions', sizeLimit)?.toString('latin1') ?? '').split('\n');
  return lines.flatMap((from, index) => (index % 3 === 0 && from !== '' ? [{ from, to: lines[index + 1] ?? '' }] : []));
}
