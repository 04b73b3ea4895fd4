// What a row of the table of package managers says.

/** Programs with their arguments. */
export type Programs = readonly (readonly string[])[];

/** A package manager that works inside of a root, on its own. */
export interface PackageManager {
  readonly name: string;
  /** Absolute, in the root: where one of them is, the manager is used. */
  readonly programs: readonly string[];
  /** What a package may be called, so that no name is taken for an option or for a file. */
  readonly packageName: RegExp;
  // Programs are run one after the other, without a question; the first that fails ends it.
  /** Reads anew what there is, where installing does not do so by itself. */
  readonly refresh: Programs;
  readonly install: (names: readonly string[]) => Programs;
  /** Brings everything up to date; undefined for a manager that knows no sources. */
  readonly update: Programs | undefined;
  /** Takes packages away, with their settings. */
  readonly remove: (names: readonly string[]) => Programs;
  /** Gives back the room of what was fetched. */
  readonly clean: Programs;
  /** What makes a repository one of the root's sources, by the key that signs it; undefined where Cooper does not know how. */
  readonly repository?: (repository: Repository) => RepositorySetting;
  /** Statuses besides 0 that say that all is installed. */
  readonly succeeds?: readonly number[];
  /** Lines that tell a failure which the status does not. */
  readonly failures?: readonly RegExp[];
  /** A file of the root that is there while they run, so that no service is started. */
  readonly holdsServices?: { readonly path: string; readonly text: string };
  /** What lines of the output mean, in words for people; the first row that is found counts. */
  readonly meanings: readonly MeaningOf[];
}

/** A repository of packages that a root is to have. */
export interface Repository {
  /** Of its files in the root. */
  readonly name: string;
  readonly url: string;
  /** What signs it: an armored OpenPGP key, or what apk, xbps or opkg take for one. */
  readonly key: string;
  /** Of the file of the key: apk, xbps and opkg find a key by it. */
  readonly keyName: string;
  /** Of an archive in Debian's form. */
  readonly suite?: string;
  readonly components?: readonly string[];
}

/** Files of a root, absolute, and programs that are run in it afterwards. */
export interface RepositorySetting {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly programs: Programs;
}

/** What the output of a manager that has failed tells. */
export interface Meaning {
  /** A clause for people. */
  readonly what: string;
  /** It may be so because there was no network. */
  readonly offline: boolean;
}

/** A line of the output, and what it tells. */
type MeaningOf = readonly [line: RegExp, meaning: (found: RegExpExecArray) => Meaning];

const told = (what: string): Meaning => ({ what, offline: false });

// In the same words whatever the manager. What is undefined stands for a group that every match has.
export const unknownPackage = (name = ''): Meaning => ({
  what: `there is no package ${name} in the sources of the root`,
  offline: true,
});
export const notOffered = (name = ''): Meaning => ({ what: `no source of the root offers ${name}`, offline: true });
export const unknownVersion = (name = '', version = ''): Meaning => ({
  what: `${name} has no version ${version}`,
  offline: true,
});
export const withoutNetwork = (): Meaning => ({ what: 'there was no network', offline: true });
export const notTogether = (): Meaning => told('they cannot be installed together');
export const nothingProvides = (what = '', by = ''): Meaning => told(`nothing provides ${what}, which ${by} needs`);
export const stillNeeded = (name = '', by = ''): Meaning => told(`${by} needs ${name}`);
export const failedScript = (name?: string): Meaning =>
  told(name === undefined ? 'a script of a package failed' : `a script of the package ${name} failed`);
export const notTrusted = (name = ''): Meaning => told(`no key that the root trusts has signed ${name}`);
