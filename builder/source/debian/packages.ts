// Reads a Packages file: one string of fifty megabytes is cut into stanzas; rare fields are found by searching all of it at
// once, so that no stanza is parsed before somebody asks for it. Pure. Refuses a stanza without a package name.

import { CooperError } from '../../../errors/index.ts';
import { BinaryPackage, type Origin } from './package.ts';

/** The packages of one Packages file, in its order. */
export interface PackagesFile {
  readonly packages: readonly BinaryPackage[];
  /** Those with a Provides field, in the file's order. */
  readonly providers: readonly BinaryPackage[];
  /** Those whose stanza has exactly this line, e.g. `Essential: yes`; not for the first line of a stanza. */
  having(line: string): BinaryPackage[];
  /** Positions in `packages` of those whose stanza has `text` anywhere, in order; the search goes on as they are taken. */
  mentioning(text: string): Iterable<number>;
}

/** @throws CooperError `package-list-malformed` */
export function readPackagesFile(bytes: Buffer, origin: Origin): PackagesFile {
  const text = bytes.toString('latin1');
  const packages: BinaryPackage[] = [];
  const starts: number[] = [];
  for (let start = skipEmpty(text, 0); start < text.length; ) {
    const separator = text.indexOf('\n\n', start);
    const end = separator < 0 ? text.length : separator;
    packages.push(readStanza(text, start, end, origin));
    starts.push(start);
    start = skipEmpty(text, end);
  }
  const mentioning = (needle: string) => entriesWith(needle, text, starts);
  const pick = (needle: string) => [...mentioning(needle)].flatMap((entry) => packages[entry] ?? []);
  return { packages, mentioning, providers: pick('\nProvides: '), having: (line) => pick(`\n${line}\n`) };
}

function skipEmpty(text: string, from: number): number {
  let at = from;
  while (text[at] === '\n') {
    at += 1;
  }
  return at;
}

const key = 'Package: ';

function readStanza(text: string, start: number, end: number, origin: Origin): BinaryPackage {
  const raw = text.slice(start, end);
  const at = raw.startsWith(key) ? 0 : raw.indexOf(`\n${key}`) + 1;
  if (at === 0 && !raw.startsWith(key)) {
    const what = `the package list of ${origin.suite} has an entry without a name`;
    throw new CooperError('package-list-malformed', { what, lines: [raw.slice(0, 120)] });
  }
  const lineEnd = raw.indexOf('\n', at);
  return new BinaryPackage(raw.slice(at + key.length, lineEnd < 0 ? undefined : lineEnd).trim(), raw, origin);
}

/** The entries in whose stanza `needle` stands. `starts` ascends, so one walk over both is enough. */
function* entriesWith(needle: string, text: string, starts: readonly number[]): Generator<number> {
  let entry = 0;
  for (let at = text.indexOf(needle); at >= 0; ) {
    while ((starts[entry + 1] ?? text.length) <= at) {
      entry += 1;
    }
    yield entry;
    // The line end that begins some needles belongs to the stanza before.
    at = text.indexOf(needle, Math.max(at + 1, (starts[entry + 1] ?? text.length) - 1));
  }
}
