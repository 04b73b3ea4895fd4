// Where rootfs.tar.xz is cut: puts the entries of a tree in the order of the archive and says which of them share a segment,
// so that a change of one package moves no cut elsewhere (docs/SEGMENTS.md). Pure.

import { type BytePath, shownPath } from '../tree/byte-path.ts';
import { placeDirectories } from './directories.ts';
import type { CutEntry, Residues } from './entry.ts';
import { cutRuns, isolateLargest, type Level, runsOf } from './intervals.ts';
import { byContent, byCut, layersOf, ownerKeys, type PlacedEntry, placeEntry } from './order.ts';

/** A piece of the archive: positions of its entries in the list that was cut, in their order. */
export interface CutSegment {
  /** For people; several may have one name. */
  readonly name: string;
  /** Of what no package has: the number of layers. */
  readonly layer: number;
  readonly entries: readonly number[];
}

const mebibyte = 2 ** 20;

// Small where sources mix, since each change of one of them changes the segment, and where only paths are known. Large inside
// one source, which changes as a whole: as much as xz itself takes for a block.
const mixed = { most: 2 * mebibyte, least: mebibyte / 4 };
const large = { most: 24 * mebibyte, least: 6 * mebibyte };

type Interval = readonly PlacedEntry[];

/**
 * Cuts a tree; the answer depends on the set of entries, not on their order. Every entry is in exactly one segment. A segment
 * of several sources or of path prefixes has at most 2 MiB of tar, one of a single source or of directories at most 24 MiB; an
 * entry that is larger is a segment by itself. Directories precede what is in them; hard links follow their targets when
 * `settleHardLinks` has chosen those. Throws RangeError for a path that comes twice.
 */
export function cutSegments(entries: readonly CutEntry[], residues: Residues = []): readonly CutSegment[] {
  refuseTwice(entries);
  const layers = layersOf(entries);
  const keyOf = ownerKeys(layers, residues);
  const placed = entries.map((entry, position) => placeEntry(entry, position, keyOf(entry)));
  const owners = entries.map(({ owner }) => owner);
  const directories = placeDirectories(entries, owners, layers);
  const segments: CutSegment[] = [];
  for (let layer = 0; layer <= layers; layer += 1) {
    const content = placed.filter((entry) => entry.layer === layer && entries[entry.position]?.type !== 'directory');
    const folders = (directories.get(layer) ?? []).flatMap((position) => placed[position] ?? []);
    const none = layers > 0 && layer === layers;
    const name = none ? 'directories of no package' : 'directories';
    segments.push(...cutPaths(folders, large).map((interval) => segmentOf(name, layer, interval)));
    segments.push(...(none ? cutResidues(content, layer, residues) : cutOwned(content, layer)));
  }
  return segments;
}

function refuseTwice(entries: readonly CutEntry[]): void {
  const seen = new Set<BytePath>();
  for (const { path } of entries) {
    if (seen.has(path)) throw new RangeError(`${shownPath(path)} comes twice`);
    seen.add(path);
  }
}

function cutOwned(content: Interval, layer: number): CutSegment[] {
  return cutSources(content).map((interval) => segmentOf(sourceNames(interval), layer, interval));
}

function cutResidues(content: Interval, layer: number, residues: Residues): CutSegment[] {
  return [...residues.map(({ name }) => name), 'what no package has'].flatMap((name, list) => {
    const listed = content.filter((entry) => entry.list === list);
    return cutSources(listed).map((interval) => segmentOf(name, layer, interval));
  });
}

function segmentOf(name: string, layer: number, interval: Interval): CutSegment {
  return { name, layer, entries: interval.map(({ position }) => position) };
}

function sourceNames(interval: Interval): string {
  const names = [...new Set(interval.map(sourceOf))].sort();
  return names.length <= 2 ? names.join(', ') : `${names[0]} … ${names.at(-1)} (${names.length})`;
}

function cutSources(content: Interval): Interval[] {
  const intervals = cutRuns(runsOf([...content].sort(byCut), sourceOf), sources);
  return [...intervals].map((interval) => [...interval].sort(byContent));
}

const sourceOf = (entry: PlacedEntry) => entry.source;
const pathOf = (entry: PlacedEntry) => entry.path;

// A large source beside little has no cut that leaves enough: it stands alone, however small what is beside it.
const sources: Level<PlacedEntry> = {
  ...mixed,
  *stuck(runs) {
    if (runs.length > 1) for (const part of isolateLargest(runs)) yield* cutRuns(part, sources);
    else for (const { entries } of runs) yield* cutPaths(entries, entries[0]?.known ? large : mixed);
  },
};

// Nothing is smaller than an entry: one that is too large stands alone.
function cutPaths(entries: Interval, limits: Pick<Level<PlacedEntry>, 'most' | 'least'>): Interval[] {
  const level: Level<PlacedEntry> = {
    ...limits,
    *stuck(runs) {
      if (runs.length > 1) for (const part of isolateLargest(runs)) yield* cutRuns(part, level);
      else for (const run of runs) yield run.entries;
    },
  };
  return [...cutRuns(runsOf(entries, pathOf), level)];
}
