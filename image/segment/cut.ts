// Where an archive is cut, and in which order its entries stand: docs/SEGMENTS.md, "Order of entries" and "Cuts". A cut depends
// on names and sizes near it alone, so that a change leaves the segments elsewhere as they are. Pure.

import type { BytePath } from '../tree/byte-path.ts';
import { placeDirectories } from './directories.ts';
import { type ContentClass, type CutEntry, contentClasses, type EntryOwner } from './entry.ts';
import { cutSources, type SourceItem } from './source-cuts.ts';

/** A piece of the archive: positions of its entries in the list that was cut, in their order. */
export interface CutSegment {
  /** For people. */
  readonly name: string;
  /** Of what no package has: the number of layers. */
  readonly layer: number;
  readonly entries: readonly number[];
}

/** What no package has, by paths: every list is a segment of its own, before the one that has the rest. */
export type Residues = readonly { readonly name: string; readonly prefixes: readonly string[] }[];

/** Cuts a tree. Every entry is in exactly one segment; a directory stands before its content, a hard link behind its target. */
export function cutSegments(entries: readonly CutEntry[], residues: Residues = []): readonly CutSegment[] {
  const anyOwner = entries.some(({ owner }) => owner !== undefined);
  const owners = ownersOf(entries, anyOwner);
  const layers = Math.max(0, ...owners.map((owner) => (owner?.layer ?? -1) + 1));
  const directories = placeDirectories(entries, owners, layers);
  const segments: CutSegment[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    push(segments, 'directories', layer, directories.get(layer) ?? []);
    segments.push(...cutLayer(entries, owners, layer));
  }
  return [...segments, ...residueSegments(entries, owners, residues, layers, directories.get(layers) ?? [])];
}

function push(segments: CutSegment[], name: string, layer: number, entries: readonly number[]): void {
  if (entries.length > 0) segments.push({ name, layer, entries });
}

/** A hard link goes where its target goes. A tree that nobody owns is owned by its own folders. */
function ownersOf(entries: readonly CutEntry[], anyOwner: boolean): readonly (EntryOwner | undefined)[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return entries.map((entry) => {
    const { path, owner } = (entry.target === undefined ? undefined : byPath.get(entry.target)) ?? entry;
    return owner ?? (anyOwner ? undefined : ownerByPath(path));
  });
}

function ownerByPath(path: BytePath): EntryOwner {
  const parts = path.split('/');
  const folders = parts.slice(0, -1);
  return { layer: 0, source: folders.slice(0, 3).join('/'), package: folders.slice(0, 4).join('/') };
}

function cutLayer(
  entries: readonly CutEntry[],
  owners: readonly (EntryOwner | undefined)[],
  layer: number,
): readonly CutSegment[] {
  const groups = groupsOf(entries);
  const items = entries.flatMap((entry, position): SourceItem[] => {
    const owner = owners[position];
    if (entry.type === 'directory' || owner?.layer !== layer) return [];
    return [
      {
        position,
        ...owner,
        path: sortPath(entry),
        bytes: entry.bytes,
        content: entry.content,
        group: groups[position] ?? 1,
      },
    ];
  });
  return cutSources(items).map(({ name, items: part }) => {
    return { name, layer, entries: part.sort(byContent).map(({ position }) => position) };
  });
}

// A hard link sorts right behind its target, wherever cuts fall.
function sortPath({ path, target }: CutEntry): string {
  return target === undefined ? path : `${target}\0${path}`;
}

/** 0: programs, and what changes with every version. A hard link is of the group of its target. */
function groupsOf(entries: readonly CutEntry[]): readonly (0 | 1)[] {
  const byPath = new Map(entries.map(({ path, content }) => [path, content]));
  return entries.map(({ target, content }) =>
    groupOf(target === undefined ? content : (byPath.get(target) ?? content)),
  );
}

function groupOf(content: ContentClass): 0 | 1 {
  return content === 'elf' || content === 'volatile' ? 0 : 1;
}

function residueSegments(
  entries: readonly CutEntry[],
  owners: readonly (EntryOwner | undefined)[],
  residues: Residues,
  layer: number,
  directories: readonly number[],
): readonly CutSegment[] {
  const segments: CutSegment[] = [];
  push(segments, 'directories of no package', layer, directories);
  const rest = entries.flatMap((entry, position) => {
    return entry.type === 'directory' || owners[position] !== undefined ? [] : [{ ...entry, position }];
  });
  // A hard link stays with its target.
  const placeOf = ({ path, target }: CutEntry): number => {
    const name = target ?? path;
    return residues.findIndex(({ prefixes }) => prefixes.some((prefix) => name.startsWith(prefix)));
  };
  const sorted = rest.map((entry) => ({ ...entry, source: '', package: '', place: placeOf(entry) })).sort(byContent);
  for (const [place, { name }] of residues.entries()) {
    push(
      segments,
      name,
      layer,
      sorted.filter((entry) => entry.place === place).map(({ position }) => position),
    );
  }
  push(
    segments,
    'what no package has',
    layer,
    sorted.filter(({ place }) => place < 0).map(({ position }) => position),
  );
  return segments;
}

type Sortable = Pick<SourceItem, 'content' | 'source' | 'package' | 'path'>;

function byContent(one: Sortable, other: Sortable): number {
  return (
    contentClasses.indexOf(one.content) - contentClasses.indexOf(other.content) ||
    compare(one.source, other.source) ||
    compare(one.package, other.package) ||
    compare(one.path, other.path)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
