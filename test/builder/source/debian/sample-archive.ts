// A small universe of packages for tests of the resolver: stanzas are written as a Packages file and read like one.

import type { ArchiveIndex } from '../../../../builder/source/debian/indices.ts';
import type { Origin } from '../../../../builder/source/debian/package.ts';
import { readPackagesFile } from '../../../../builder/source/debian/packages.ts';
import { Universe } from '../../../../builder/source/debian/universe.ts';

/** Fields of a stanza beside Package; Version is 1 and Priority optional unless given. */
export type Fields = Readonly<Record<string, string>>;

/** One suite: its packages in order. A name may come twice with different versions. */
export type SampleSuite = {
  readonly name: string;
  readonly pin?: number;
  readonly pins?: Readonly<Record<string, number>>;
  readonly packages: readonly [string, Fields][];
};

/** An index of amd64 over the suites. */
export function sampleIndex(...suites: readonly SampleSuite[]): ArchiveIndex {
  return sampleIndexWith([], ...suites);
}

/** The same with foreign architectures; the packages say in their fields which one they are of. */
export function sampleIndexWith(foreign: readonly string[], ...suites: readonly SampleSuite[]): ArchiveIndex {
  const files = suites.map(({ name, pin = 500, pins = {}, packages }) => {
    const origin: Origin = { archive: 'main', suite: name, pin, pins: new Map(Object.entries(pins)) };
    return readPackagesFile(
      Buffer.from(packages.map(([item, fields]) => writeStanza(item, fields)).join('\n')),
      origin,
    );
  });
  return {
    architecture: 'amd64',
    epoch: 0,
    universe: new Universe('amd64', files, foreign),
    suites: suites.map(({ name }) => ({
      name,
      archive: 'main',
      path: `dists/${name}`,
      release: { path: '', size: 0, sha256: '' as never, date: new Date(0), codename: name },
      lists: [],
    })),
  };
}

/** The stanza of one package, with an end of line. */
export function writeStanza(name: string, fields: Fields): string {
  const all = { Package: name, Version: '1', Architecture: 'amd64', Priority: 'optional', ...fields };
  return `${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')}\n`;
}
