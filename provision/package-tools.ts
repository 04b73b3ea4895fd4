// How packages are installed, taken away and brought up to date with what the root itself has for that: one row a package manager, each in a file of package-tools/. Pure.

import { apk } from './package-tools/apk.ts';
import { apt } from './package-tools/apt.ts';
import { dnf, microdnf, yum } from './package-tools/dnf.ts';
import { opkg } from './package-tools/opkg.ts';
import { pacman } from './package-tools/pacman.ts';
import { pkgtools } from './package-tools/pkgtools.ts';
import type { Meaning, PackageManager } from './package-tools/tool.ts';
import { xbps } from './package-tools/xbps.ts';
import { zypper } from './package-tools/zypper.ts';

export type { PackageManager } from './package-tools/tool.ts';

/** In the order in which a root is asked for them: openSUSE may have dnf beside its own, Fedora yum as another name of dnf. */
export const packageManagers: readonly PackageManager[] = Object.freeze([
  apt,
  zypper,
  dnf,
  microdnf,
  yum,
  pacman,
  apk,
  xbps,
  opkg,
  pkgtools,
]);

/** Hears what a manager says, line by line. */
export class Listener {
  readonly #manager: PackageManager;
  #best = Number.POSITIVE_INFINITY;
  #meaning: Meaning | undefined;
  #failed = false;

  constructor(manager: PackageManager) {
    this.#manager = manager;
  }

  hear(line: string): void {
    this.#failed ||= this.#manager.failures?.some((pattern) => pattern.test(line)) === true;
    const { meanings } = this.#manager;
    // Of several the one that stands first in the row says most.
    const at = meanings.findIndex(([pattern]) => pattern.test(line));
    const [pattern, meaningOf] = meanings[at] ?? [];
    const found = pattern?.exec(line) ?? null;
    if (at >= this.#best || found === null) return;
    this.#best = at;
    this.#meaning = meaningOf?.(found);
  }

  /** Whether all is installed, by the status of the last program and by what was said. */
  hasSucceeded(status: number): boolean {
    return !this.#failed && (status === 0 || this.#manager.succeeds?.includes(status) === true);
  }

  /** Why it has failed. */
  get meaning(): Meaning {
    return this.#meaning ?? { what: `${this.#manager.name} has failed`, offline: true };
  }
}
