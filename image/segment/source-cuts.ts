// Cuts the entries of one layer into segments: where source packages end, and large ones inside. Sizes are bytes of tar. Pure.

import { createHash } from 'node:crypto';
import type { ContentClass } from './entry.ts';

/** An entry of the layer that is no directory. */
export interface SourceItem {
  readonly position: number;
  readonly source: string;
  readonly package: string;
  readonly path: string;
  readonly bytes: number;
  readonly content: ContentClass;
  /** 0: programs and what changes with every version, 1: the rest. */
  readonly group: 0 | 1;
}

/** Items that belong into one segment, in no order. */
export interface Part {
  readonly name: string;
  readonly items: SourceItem[];
}

const mebibyte = 2 ** 20;
/** Where sources are mixed. */
const mixed = { most: 2 * mebibyte, least: mebibyte / 4 };
/** Inside one source: it changes as a whole anyway. `apart`: from this size on its groups are separated. */
const single = { most: 12 * mebibyte, mostOfRest: 6 * mebibyte, apart: mebibyte };

/** A run of items that no cut divides. */
interface Unit {
  /** What the place of a cut behind it is drawn by. */
  readonly key: string;
  readonly items: readonly SourceItem[];
  readonly bytes: number;
}

/** The segments of a layer in their order. */
export function cutSources(items: readonly SourceItem[]): readonly Part[] {
  const sources = unitsBy(sorted(items), ({ source }) => source);
  const parts: Part[] = [];
  let run: Unit[] = [];
  const flush = (): void => {
    if (run.length > 0)
      parts.push(...cutRun(run, mixed).map((units) => ({ name: nameOf(units), items: itemsOf(units) })));
    run = [];
  };
  for (const source of sources) {
    if (source.bytes <= mixed.most) {
      run.push(source);
      continue;
    }
    // A large source stands for itself: beside a tiny one there may be no place to cut.
    flush();
    parts.push(...cutSource(source));
  }
  flush();
  return parts;
}

function sorted(items: readonly SourceItem[]): readonly SourceItem[] {
  const key = ({ source, group, package: name, path }: SourceItem) => [source, String(group), name, path];
  return items
    .map((item) => ({ item, key: key(item).join('\0') }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ item }) => item);
}

function cutSource({ key: source, items }: Unit): readonly Part[] {
  const groups = [0, 1].map((group) => items.filter((item) => item.group === group));
  const apart = groups.every((part) => bytesOf(part) >= single.apart);
  const whole = apart ? groups : [items];
  return whole.flatMap((part, group) => {
    const most = apart && group === 1 ? single.mostOfRest : single.most;
    const limits = { most, least: most / 4 };
    const parts = cutRun(
      unitsBy(part, (item) => item.package),
      limits,
    ).flatMap((units) => {
      return bytesOf(itemsOf(units)) <= most
        ? [units]
        : cutRun(
            unitsBy(itemsOf(units), ({ path }) => path),
            limits,
          );
    });
    return parts.map((units) => ({ name: source, items: itemsOf(units) }));
  });
}

/** Cuts where the hash is smallest among the places that leave enough on both sides; again, until it is small enough. */
function cutRun(
  units: readonly Unit[],
  limits: { readonly most: number; readonly least: number },
): readonly (readonly Unit[])[] {
  const total = units.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= limits.most) return [units];
  let before = 0;
  let best: { readonly at: number; readonly hash: bigint } | undefined;
  for (const [at, unit] of units.slice(0, -1).entries()) {
    before += unit.bytes;
    if (before < limits.least || total - before < limits.least) continue;
    const hash = hashOf(unit.key);
    if (best === undefined || hash < best.hash) best = { at, hash };
  }
  if (best === undefined) return [units];
  const cut = best.at + 1;
  return [...cutRun(units.slice(0, cut), limits), ...cutRun(units.slice(cut), limits)];
}

/** Neighbours with one key. */
function unitsBy(items: readonly SourceItem[], keyOf: (item: SourceItem) => string): Unit[] {
  const units: { key: string; items: SourceItem[]; bytes: number }[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const last = units.at(-1);
    if (last !== undefined && last.key === key) {
      last.items.push(item);
      last.bytes += item.bytes;
    } else units.push({ key, items: [item], bytes: item.bytes });
  }
  return units;
}

function itemsOf(units: readonly Unit[]): SourceItem[] {
  return units.flatMap(({ items }) => items);
}

function bytesOf(items: readonly SourceItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function nameOf(units: readonly Unit[]): string {
  const names = units.map(({ key }) => key);
  return names.length <= 2 ? names.join(', ') : `${names[0]} … ${names.at(-1)} (${names.length})`;
}

const hashes = new Map<string, bigint>();

/** The first eight bytes of SHA-256, big endian. */
function hashOf(key: string): bigint {
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = createHash('sha256').update(key, 'latin1').digest().readBigUInt64BE(0);
    hashes.set(key, hash);
  }
  return hash;
}
