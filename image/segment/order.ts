// The orders of entries: by whom they belong to, for the cut, and by what they hold, inside a segment. Each is total, so that
// nothing depends on the order in which entries come in (docs/SEGMENTS.md, "Order of entries").

import { type BytePath, splitPath } from '../tree/byte-path.ts';
import { type CutEntry, contentClasses, type Residues } from './entry.ts';

/** What of an entry decides whom it belongs to. */
export type OwnedPath = Pick<CutEntry, 'path' | 'owner'>;

/** The place of an entry among owners; names are filled in where nobody knows a package. */
export interface OwnerKey {
  /** Of what no package has: the number of layers. */
  readonly layer: number;
  /** Which list of residues it is on, their number for the rest; 0 for what has an owner. */
  readonly list: number;
  /** Whether a package is known: else `source` is a prefix of the path. */
  readonly known: boolean;
  readonly source: string;
  readonly package: string;
  readonly path: BytePath;
}

/** An entry with all that its place depends on. */
export interface PlacedEntry extends OwnerKey {
  /** Position in the list that came in. */
  readonly position: number;
  readonly bytes: number;
  /** Position in `contentClasses`. */
  readonly rank: number;
}

/** Number of layers of which packages are known: 0 for a tree in which no package has anything. */
export function layersOf(entries: readonly OwnedPath[]): number {
  return entries.reduce((most, { owner }) => Math.max(most, (owner?.layer ?? -1) + 1), 0);
}

/** Whom an entry belongs to, in a tree of so many layers. In one without known packages nothing is residue. */
export function ownerKeys(layers: number, residues: Residues): (entry: OwnedPath) => OwnerKey {
  return ({ path, owner }) => {
    if (owner !== undefined) return { ...owner, list: 0, known: true, path };
    const listed = residues.findIndex(({ prefixes }) => prefixes.some((prefix) => path.startsWith(prefix)));
    const list = layers === 0 || listed < 0 ? residues.length : listed;
    return { layer: layers, list, known: false, source: prefixOf(path), package: '', path };
  };
}

/** The place of an entry. */
export function placeEntry(entry: CutEntry, position: number, owner: OwnerKey): PlacedEntry {
  const content = entry.type === 'file' ? entry.content : 'links';
  return { ...owner, position, bytes: entry.bytes, rank: contentClasses.indexOf(content) };
}

// Directories of a path that take the place of a source package. Of a message catalogue its name does: the catalogues of one
// program share their original texts, those of one language nothing.
const prefixLength = 4;

function prefixOf(path: BytePath): string {
  const { parent, name } = splitPath(path);
  return name.endsWith('.mo') ? `*/${name}` : `/${parent.split('/', prefixLength).join('/')}`;
}

/**
 * By owner, then path. Of the names of one file the least holds the content: it precedes the others by the other orders too,
 * since links are the last class.
 */
export function byOwner(a: OwnerKey, b: OwnerKey): number {
  return a.layer - b.layer || a.list - b.list || compare(a.source, b.source) || byPackage(a, b);
}

/** Of one layer and list: the order that is cut. */
export function byCut(a: PlacedEntry, b: PlacedEntry): number {
  return compare(a.source, b.source) || byContent(a, b);
}

/** The order inside a segment. */
export function byContent(a: PlacedEntry, b: PlacedEntry): number {
  return a.rank - b.rank || compare(a.source, b.source) || byPackage(a, b);
}

function byPackage(a: OwnerKey, b: OwnerKey): number {
  return compare(a.package, b.package) || compare(a.path, b.path);
}

// Characters are bytes, so comparing by code units is comparing bytes.
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
