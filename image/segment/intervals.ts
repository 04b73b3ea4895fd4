// Cuts a sequence of named runs into intervals, each cut chosen by names and sizes in its own interval alone: what changes
// elsewhere moves it nowhere (docs/SEGMENTS.md, "Cuts").

import { createHash } from 'node:crypto';

/** What stays together at one level: a source, a package, a file. */
export interface Run<T> {
  /** A byte string; where a cut behind the run may be depends on its hash. */
  readonly name: string;
  /** Of tar. */
  readonly bytes: number;
  readonly entries: readonly T[];
}

/** How far a level cuts, in bytes of tar. */
export interface Level<T> {
  /** An interval of at most that size is not cut. */
  readonly most: number;
  /** No cut leaves less on either side. */
  readonly least: number;
  /** What becomes of an interval of more than `most` without such a cut. */
  readonly stuck: (runs: readonly Run<T>[]) => Iterable<readonly T[]>;
}

/** Consecutive entries with one name, in the order that came in. */
export function runsOf<T extends { readonly bytes: number }>(
  entries: readonly T[],
  name: (entry: T) => string,
): Run<T>[] {
  const runs: { name: string; bytes: number; entries: T[] }[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last?.name !== name(entry)) runs.push({ name: name(entry), bytes: entry.bytes, entries: [entry] });
    else {
      last.bytes += entry.bytes;
      last.entries.push(entry);
    }
  }
  return runs;
}

/** Yields the entries of each interval, in order; of no runs nothing. */
export function* cutRuns<T>(runs: readonly Run<T>[], level: Level<T>): Generator<readonly T[]> {
  const total = sizeOf(runs);
  const cut = total <= level.most ? undefined : lowestCut(runs, total, level.least);
  if (runs.length === 0) return;
  if (total <= level.most) yield runs.flatMap(({ entries }) => entries);
  else if (cut === undefined) yield* level.stuck(runs);
  else {
    yield* cutRuns(runs.slice(0, cut), level);
    yield* cutRuns(runs.slice(cut), level);
  }
}

/** Sets the largest run apart from what stands before and behind it; of several the first. */
export function isolateLargest<T>(runs: readonly Run<T>[]): (readonly Run<T>[])[] {
  const largest = runs.reduce((best, run, at) => (run.bytes > (runs[best]?.bytes ?? 0) ? at : best), 0);
  const parts = [runs.slice(0, largest), runs.slice(largest, largest + 1), runs.slice(largest + 1)];
  return parts.filter((part) => part.length > 0);
}

// Number of runs before the cut. Of cuts with one hash the first is taken.
function lowestCut<T>(runs: readonly Run<T>[], total: number, least: number): number | undefined {
  let best: { readonly at: number; readonly hash: string } | undefined;
  let before = 0;
  for (const [index, { name, bytes }] of runs.entries()) {
    before += bytes;
    if (before < least) continue;
    if (total - before < least) break;
    const hash = hashOf(name);
    if (best === undefined || hash < best.hash) best = { at: index + 1, hash };
  }
  return best?.at;
}

// H(s): the first 8 bytes of SHA-256. Digits compare as the big-endian number does.
function hashOf(name: string): string {
  return createHash('sha256').update(name, 'latin1').digest('hex').slice(0, 16);
}

function sizeOf<T>(runs: readonly Run<T>[]): number {
  return runs.reduce((sum, { bytes }) => sum + bytes, 0);
}
