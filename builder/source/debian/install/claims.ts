// Which package may write which path directly. What dpkg alone can judge is refused here: a file that another package has
// (Replaces decides), and a path whose owner or mode somebody has overridden. Pure.

import type { Diversions } from './dpkg-database.ts';

/** Thrown out of the unpacking of a package that is left to `dpkg --unpack`; `message` says why. */
export class LeftToDpkg extends Error {
  /** Packages of the same run that wrote the path before: theirs is not a safe result either. */
  readonly others: readonly string[];

  constructor(reason: string, others: readonly string[] = []) {
    super(reason);
    this.others = others;
  }
}

/** What is known of the root before a run. Paths as packages name them, without trailing slashes. */
export interface KnownPaths {
  /** Paths of the installed packages and the package of each; folders are among them. */
  readonly owned: ReadonlyMap<string, string>;
  readonly overridden: ReadonlySet<string>;
  readonly diversions: Diversions;
}

/** The claims of one run. Two packages may share folders and nothing else. */
export class Claims {
  readonly #known: KnownPaths;
  readonly #claimed = new Map<string, string>();

  constructor(known: KnownPaths) {
    this.#known = known;
  }

  /** Where `owner` has to put what it calls `path`. */
  placeOf(path: string, owner: string): string {
    const diversion = this.#known.diversions.get(path);
    // A diversion is of a package, whatever its architecture: `libc6:i386` is libc6 here.
    return diversion === undefined || diversion.by === owner.replace(/:.*/, '') ? path : diversion.to;
  }

  /** Notes that `owner` writes `path`; `isFolder` is asked whether a folder is there already. Throws LeftToDpkg. */
  take(path: string, owner: string, directory: boolean, isFolder: (path: string) => boolean): void {
    if (this.#known.overridden.has(path)) throw new LeftToDpkg(`dpkg-statoverride has an entry for ${path}`);
    if (directory) return;
    const place = this.placeOf(path, owner);
    const installed = this.#known.owned.get(place);
    if (installed !== undefined && !isFolder(place)) throw new LeftToDpkg(`${installed} has ${place} too`);
    const other = this.#claimed.get(place);
    if (other !== undefined && other !== owner) throw new LeftToDpkg(`${other} has ${place} too`, [other]);
    this.#claimed.set(place, owner);
  }
}

/** Paths of /var/lib/dpkg/statoverride: `user group mode path` a line (dpkg-statoverride(1)). */
export function parseOverrides(text: string): ReadonlySet<string> {
  const paths = text.split('\n').flatMap((line) => /^\S+ \S+ \S+ (\/.*)$/.exec(line)?.[1] ?? []);
  return new Set(paths);
}
