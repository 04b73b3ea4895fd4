// How packages are installed with what the root itself has for that: one row a package manager. Pure.

import { policyFile, startNothing } from './service-policy.ts';

/** A package manager that works inside of a root, on its own. */
export interface PackageManager {
  readonly name: string;
  /** Absolute, in the root: where this is, the manager is used. */
  readonly program: string;
  /** What a package may be called, so that no name is taken for an option or for a file. */
  readonly packageName: RegExp;
  /** Programs that are run one after the other, without a question; the first that fails ends it. */
  readonly install: (names: readonly string[]) => readonly (readonly string[])[];
  /** A file of the root that is there while they run, so that no service is started. */
  readonly holdsServices?: { readonly path: string; readonly text: string };
  /** What lines of the output mean, in words for people; the first that is found counts. */
  readonly meanings: readonly (readonly [line: RegExp, meaning: (found: RegExpExecArray) => string])[];
}

const apt: PackageManager = {
  name: 'apt',
  program: '/usr/bin/apt-get',
  // apt-get(8): a name, with :arch, =version or /release. A `-` at the end would remove the package.
  packageName: /^[a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?(?:[=/][A-Za-z0-9.+~:-]+)?(?<!-)$/,
  install: (names) => [
    ['apt-get', '-q', 'update'],
    [
      'apt-get',
      '-q',
      '-y',
      // What stands in the root goes before what a package brings: it may have been placed on purpose.
      ...['Dpkg::Options::=--force-confold', 'Dpkg::Options::=--force-confdef', 'Dpkg::Use-Pty=0'].map(option),
      ...['APT::Keep-Downloaded-Packages=false', 'APT::Get::AllowUnauthenticated=false'].map(option),
      'install',
      '--',
      ...names,
    ],
  ],
  holdsServices: { path: `/${policyFile}`, text: startNothing },
  meanings: [
    [/Unable to locate package (\S+)/, ([, name]) => `there is no package ${name} in the sources of the root`],
    [/Package '?([^' ]+)'? has no installation candidate/, ([, name]) => `no source of the root offers ${name}`],
    [/Version '([^']+)' for '([^']+)' was not found/, ([, version, name]) => `${name} has no version ${version}`],
    [/(?:failure resolving|Could not resolve|Could not connect|Network is unreachable)/, () => 'there was no network'],
    [/The following packages have unmet dependencies/, () => 'they cannot be installed together'],
    [/^dpkg: error processing package (\S+)/, ([, name]) => `a script of the package ${name} failed`],
  ],
};

function option(text: string): string {
  return `-o${text}`;
}

/** In the order in which a root is asked for them. Other families follow as rows. */
export const packageManagers: readonly PackageManager[] = Object.freeze([apt]);

/** What the output of a manager that has failed means; undefined where no row knows. */
export function meaningOf({ meanings }: PackageManager, lines: readonly string[]): string | undefined {
  for (const [pattern, meaning] of meanings) {
    for (const line of lines) {
      const found = pattern.exec(line);
      if (found !== null) return meaning(found);
    }
  }
  return undefined;
}
