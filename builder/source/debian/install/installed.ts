// Which packages dpkg says are installed in a root whose packages were chosen by somebody else. Pure. Format: dpkg's status file.

import { parseStanza, splitStanzas } from '../stanza.ts';

/** An installed package, as packages.json has it and dpkg files it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Value of the field Multi-Arch. */
  readonly multiArch: string;
  readonly source: { readonly name: string; readonly version: string };
}

/** In the order of their names. `text`: of /var/lib/dpkg/status. Throws SyntaxError for what is no such file. */
export function installedPackages(text: string): readonly InstalledPackage[] {
  return splitStanzas(text)
    .map(parseStanza)
    .filter((fields) => / ok installed$/.test(fields.get('Status') ?? ''))
    .map(packageOf)
    .sort((one, other) => compare(one.name, other.name) || compare(one.architecture, other.architecture));
}

function packageOf(fields: ReadonlyMap<string, string>): InstalledPackage {
  const field = (name: string) => fields.get(name) ?? '';
  const name = field('Package');
  const version = field('Version');
  // `name`, or `name (version)` where that differs from the package's.
  const [, source, sourceVersion] = /^(\S+)(?:\s+\((\S+)\))?$/.exec(field('Source')) ?? [];
  return {
    name,
    version,
    architecture: field('Architecture'),
    multiArch: field('Multi-Arch') || 'no',
    source: { name: source ?? name, version: sourceVersion ?? version },
  };
}

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));
