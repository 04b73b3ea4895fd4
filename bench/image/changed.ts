// Which packages an update changes, and which paths of a root are theirs. Pure.

import { packageKey, type WantedPackage } from '../../builder/source/index.ts';
import type { Owner } from '../../image/index.ts';

/** What two sets of packages have to do with one another. */
export interface Change {
  /** Packages of the later set that the earlier one does not have in this version. */
  readonly packages: readonly string[];
  /** Packages of the later set. */
  readonly of: number;
  /** The source packages that they are built from. */
  readonly sources: ReadonlySet<string>;
}

type Versioned = Pick<WantedPackage, 'name' | 'version' | 'architecture' | 'source'>;

/** From one set of packages to a later one. */
export function changeOf(before: readonly Versioned[], after: readonly Versioned[]): Change {
  const there = new Set(before.map(packageKey));
  const changed = after.filter((item) => !there.has(packageKey(item)));
  return {
    packages: changed.map(({ name }) => name),
    of: after.length,
    sources: new Set(changed.map(({ source }) => source.name)),
  };
}

/** Every path that a package of these sources has, once, in the order of bytes. */
export function pathsOf(owners: readonly Owner[], sources: ReadonlySet<string>): readonly string[] {
  const own = owners.filter(({ source }) => sources.has(source));
  return [...new Set(own.flatMap(({ paths }) => paths))].sort((one, other) => (one < other ? -1 : 1));
}
