// The files of a root that give whoever runs them more rights than they have: set-id bits and capabilities.

import { capabilityAttribute, capabilityText } from './capability.ts';
import { packageOwners } from './package-owners.ts';
import type { RootEntry, RootView } from './root-view.ts';

/** One such file. */
export interface PrivilegedFile {
  /** As in RootEntry. */
  readonly path: string;
  /** What it gives: `setuid 0`, `setgid 42`, `cap_net_raw=ep`. */
  readonly grants: readonly string[];
  /** Who put it there; undefined for nobody. */
  readonly package?: string;
}

/** All of them, in the order of the walk. `ownersKnown`: a file without package really has none. */
export interface PrivilegedFiles {
  readonly files: readonly PrivilegedFile[];
  readonly ownersKnown: boolean;
}

const found = new WeakMap<RootView, PrivilegedFiles>();

/** Looks at every entry, once for each view. On directories setgid only hands the group on: they do not count. */
export function privilegedFiles(root: RootView): PrivilegedFiles {
  const known = found.get(root) ?? findFiles(root);
  found.set(root, known);
  return known;
}

function findFiles(root: RootView): PrivilegedFiles {
  const granting = root
    .entries()
    .filter(({ kind }) => kind === 'file')
    .map((entry) => ({ path: entry.path, grants: grantsOf(root, entry) }))
    .filter(({ grants }) => grants.length > 0);
  const { known, owner } = packageOwners(
    root,
    granting.map(({ path }) => path),
  );
  const files = granting.map((file) => {
    const name = owner.get(file.path);
    return name === undefined ? file : { ...file, package: name };
  });
  return { files, ownersKnown: known };
}

function grantsOf(root: RootView, entry: RootEntry): string[] {
  const grants: string[] = [];
  if ((entry.mode & 0o4000) !== 0) grants.push(`setuid ${entry.uid}`);
  if ((entry.mode & 0o2000) !== 0) grants.push(`setgid ${entry.gid}`);
  const capability = root.xattr(entry, capabilityAttribute);
  if (capability !== undefined) grants.push(capabilityText(capability));
  return grants;
}
