// What is done to the packages of a root, whatever its package manager: which programs, in which order.

import { CooperError } from '../errors/index.ts';
import { changeRoot, type WorkedRoot } from './change-root.ts';
import type { Programs } from './package-tools/tool.ts';
import { type PackageManager, packageManagers } from './package-tools.ts';

/** What is wanted of the packages of a root. */
export interface PackageChange {
  /** Everything is brought up to date first. */
  readonly update: boolean;
  readonly install: readonly string[];
  readonly remove: readonly string[];
}

/** Words such as `less` and `-nano` as a change: a name with a `-` before it is taken away. */
export function packageChange(words: readonly string[], update = false): PackageChange {
  return {
    update,
    install: words.filter((word) => !word.startsWith('-')),
    remove: words.filter((word) => word.startsWith('-')).map((word) => word.slice(1)),
  };
}

/** True for a change that changes nothing. */
export function isNothing({ update, install, remove }: PackageChange): boolean {
  return !update && install.length === 0 && remove.length === 0;
}

/** The programs of a change. Throws `bad-usage` for what the manager cannot have a package called by, and for what it cannot do. */
export function packagePrograms(manager: PackageManager, { update, install, remove }: PackageChange): Programs {
  const odd = [...install, ...remove].find((name) => !manager.packageName.test(name));
  if (odd !== undefined) {
    throw new CooperError('bad-usage', { what: `${manager.name} cannot have a package called ${odd}` });
  }
  if (update && manager.update === undefined) {
    throw new CooperError('bad-usage', { what: `${manager.name} knows no sources to bring packages up to date from` });
  }
  return [
    ...(update || install.length > 0 ? manager.refresh : []),
    ...(update ? (manager.update ?? []) : []),
    ...(install.length > 0 ? manager.install(install) : []),
    ...(remove.length > 0 ? manager.remove(remove) : []),
  ];
}

/** The manager that a root has; `shown`: the root for people. Throws `package-manager-missing`. */
export async function findPackageManager(worked: WorkedRoot, shown: string): Promise<PackageManager> {
  const paths = packageManagers.flatMap(({ programs }) => programs);
  const places = await changeRoot(worked, { action: 'look', paths });
  const there = new Set(paths.filter((_, index) => places[index]?.there === true));
  const manager = packageManagers.find(({ programs }) => programs.some((program) => there.has(program)));
  if (manager !== undefined) return manager;
  throw new CooperError('package-manager-missing', { what: `${shown} has none of ${paths.join(', ')}` });
}
