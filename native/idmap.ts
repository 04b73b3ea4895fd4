// Id maps: which ids of a namespace are which ids of the host. Works out maps of build roots, containers and workers. Who
// writes a map into the kernel is native/box's business.

import { CooperError } from '../errors/index.ts';
import { type IdMap, type IdRange, largestId } from './idmap-types.ts';
import { type Caller, currentCaller, readSubids, type SubidRange, type SubidRanges } from './subids.ts';

/** Ids of a build root and, unless asked otherwise, of a container: 0 … 65535. */
export const defaultIdCount = 65_536;

/** Refuses a map that the kernel would refuse: empty or overlapping ranges on either side, ids out of bounds, no id 0. */
export function checkIdMap(map: IdMap): void {
  for (const [kind, ranges] of Object.entries({ uid: map.uid, gid: map.gid })) {
    const faults = [
      ...ranges.filter((range) => !isSound(range)).map((range) => `${show(range)} is not a range of ids`),
      ...overlaps(ranges, 'inside'),
      ...overlaps(ranges, 'outside'),
    ];
    if (!ranges.some((range) => range.inside === 0)) faults.push('id 0 is not mapped');
    if (faults.length > 0) {
      throw new CooperError('bad-id-map', { what: `the ${kind} map is faulty`, lines: faults });
    }
  }
}

function isSound(range: IdRange): boolean {
  const { inside, outside, count } = range;
  const whole = [inside, outside, count].every(Number.isSafeInteger);
  return whole && inside >= 0 && outside >= 0 && count > 0 && Math.max(inside, outside) + count - 1 <= largestId;
}

function overlaps(ranges: readonly IdRange[], side: 'inside' | 'outside'): string[] {
  const sorted = ranges.toSorted((a, b) => a[side] - b[side]);
  return sorted.flatMap((range, i) => {
    const before = sorted[i - 1];
    const free = before === undefined || before[side] + before.count <= range[side];
    return free ? [] : [`${show(before)} and ${show(range)} overlap ${side}`];
  });
}

function show(range: IdRange): string {
  return `${range.inside} → ${range.outside} (${range.count})`;
}

/** Maps `count` ids from `inside` onto the first ids of the ranges; null when they do not suffice. */
export function allot(ranges: readonly SubidRange[], inside: number, count: number): IdRange[] | null {
  const map: IdRange[] = [];
  let mapped = 0;
  for (const range of ranges) {
    if (mapped === count) break;
    const part = Math.min(range.count, count - mapped);
    map.push({ inside: inside + mapped, outside: range.start, count: part });
    mapped += part;
  }
  return mapped === count ? map : null;
}

/** The map of a container: ids 0 … `count - 1` onto the caller's subordinate ids. Throws `no-subid-range`. */
export function containerIdMap(ranges: SubidRanges, count: number = defaultIdCount): IdMap {
  return makeMap((kind) => allot(ranges[kind], 0, count), ranges, count);
}

/** The map of an ordinary user's build root: 0 is the user, 1 … `count - 1` are subordinate ids. Throws `no-subid-range`. */
export function callerIdMap(ranges: SubidRanges, caller: Caller, count: number = defaultIdCount): IdMap {
  return makeMap(
    (kind) => {
      const rest = allot(ranges[kind], 1, count - 1);
      return rest && [{ inside: 0, outside: caller[kind], count: 1 }, ...rest];
    },
    ranges,
    count - 1,
  );
}

function makeMap(part: (kind: 'uid' | 'gid') => IdRange[] | null, ranges: SubidRanges, needed: number): IdMap {
  const uid = part('uid');
  const gid = part('gid');
  if (uid === null || gid === null) {
    const has = (kind: 'uid' | 'gid') => ranges[kind].reduce((sum, range) => sum + range.count, 0);
    throw new CooperError('no-subid-range', {
      what: `${needed} subordinate ids are needed, the user has ${has('uid')} uids and ${has('gid')} gids`,
      ...(ranges.remedy === undefined ? {} : { next: ranges.remedy }),
    });
  }
  const map = { uid, gid };
  checkIdMap(map);
  return map;
}

/** Adds the caller to a map, at the first id that is free inside; unchanged where the caller is mapped already. */
export function withCaller(map: IdMap, caller: Caller): IdMap {
  return { uid: addId(map.uid, caller.uid), gid: addId(map.gid, caller.gid) };
}

function addId(ranges: readonly IdRange[], outside: number): readonly IdRange[] {
  if (ranges.some((range) => outside >= range.outside && outside < range.outside + range.count)) return ranges;
  let free = 0;
  for (const range of ranges.toSorted((a, b) => a.inside - b.inside)) {
    if (range.inside > free) break;
    free = range.inside + range.count;
  }
  return [...ranges, { inside: free, outside, count: 1 }];
}

/** The map for build roots: real root uses subordinate ids alone, an ordinary user is root inside. Throws `no-subid-range`. */
export async function buildIdMap(): Promise<IdMap> {
  const ranges = await readSubids();
  const caller = currentCaller();
  return caller.uid === 0 ? containerIdMap(ranges) : callerIdMap(ranges, caller);
}

/** The map for a worker on a container's files: the container's, and the caller beside it so that its folders stay writable; real root: the container's alone. */
export function workerIdMap(container: IdMap): IdMap {
  const caller = currentCaller();
  return caller.uid === 0 ? container : withCaller(container, caller);
}
