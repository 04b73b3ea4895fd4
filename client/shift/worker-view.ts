// How an ordinary user's worker sees the ids of two maps at once. It is in a namespace that has the host ids of both, each under a
// number of its own; both maps are told in these numbers. Pure.

import type { IdMap, IdRange } from '../../native/index.ts';

/** Two maps as a worker sees them. */
export interface WorkerView {
  /** The worker's own namespace. */
  readonly workerMap: IdMap;
  readonly from: IdMap;
  readonly to: IdMap;
}

/** Beyond 65534, which stands for ids that the namespace does not have (/proc/sys/kernel/overflowuid). */
const firstNumber = 65_536;

/** The caller is 0 there: file capabilities of a root then show whose they are. */
export function workerView(from: IdMap, to: IdMap, caller: { readonly uid: number; readonly gid: number }): WorkerView {
  const view = (kind: 'uid' | 'gid') => {
    const worker = namespaceOf([...from[kind], ...to[kind]], caller[kind]);
    return { worker, from: seen(from[kind], worker), to: seen(to[kind], worker) };
  };
  const [uid, gid] = [view('uid'), view('gid')];
  return {
    workerMap: { uid: uid.worker, gid: gid.worker },
    from: { uid: uid.from, gid: gid.from },
    to: { uid: uid.to, gid: gid.to },
  };
}

/** The host's id of one that the worker sees; undefined for what its namespace does not have. */
export function hostId(kind: keyof IdMap, id: number, view: WorkerView): number | undefined {
  const range = view.workerMap[kind].find(({ inside, count }) => id >= inside && id < inside + count);
  return range && id - range.inside + range.outside;
}

/** A map that is told in the worker's numbers, in those of the host. */
export function hostMap(map: IdMap, view: WorkerView): IdMap {
  const told = (kind: 'uid' | 'gid') =>
    map[kind].map((range) => ({ ...range, outside: hostId(kind, range.outside, view) ?? range.outside }));
  return { uid: told('uid'), gid: told('gid') };
}

function namespaceOf(ranges: readonly IdRange[], caller: number): readonly IdRange[] {
  let next = firstNumber;
  const pieces = merged(ranges).flatMap(({ start, end }) => [
    { start, end: Math.min(end, caller) },
    { start: Math.max(start, caller + 1), end },
  ]);
  const worker: IdRange[] = [{ inside: 0, outside: caller, count: 1 }];
  for (const { start, end } of merged(pieces.map(({ start, end }) => ({ outside: start, count: end - start })))) {
    worker.push({ inside: next, outside: start, count: end - start });
    next += end - start;
  }
  return worker;
}

/** Host ids in ascending order, touching ranges as one; `end` is the first id behind. */
function merged(ranges: readonly Pick<IdRange, 'outside' | 'count'>[]): { start: number; end: number }[] {
  const result: { start: number; end: number }[] = [];
  const sorted = ranges.filter(({ count }) => count > 0).toSorted((a, b) => a.outside - b.outside);
  for (const { outside, count } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && last.end >= outside) last.end = Math.max(last.end, outside + count);
    else result.push({ start: outside, end: outside + count });
  }
  return result;
}

/** Each range, cut where the namespace is. */
function seen(ranges: readonly IdRange[], worker: readonly IdRange[]): readonly IdRange[] {
  return ranges.flatMap((range) =>
    worker.flatMap((piece): IdRange[] => {
      const start = Math.max(range.outside, piece.outside);
      const count = Math.min(range.outside + range.count, piece.outside + piece.count) - start;
      if (count <= 0) return [];
      return [{ inside: range.inside + start - range.outside, outside: piece.inside + start - piece.outside, count }];
    }),
  );
}
