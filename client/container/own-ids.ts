// Which host ids of a map are not the caller's to hand out. Pure.

import { CooperError } from '../../errors/index.ts';
import type { IdMap, SubidRanges } from '../../native/index.ts';

interface Caller {
  readonly uid: number;
  readonly gid: number;
}

/** Throws `no-subid-range` when a map has host ids besides the user's subordinate ones and the user's own. */
export function requireOwnIds(map: IdMap, owned: SubidRanges, caller: Caller): void {
  const foreign = (['uid', 'gid'] as const).flatMap((kind) => {
    const own = [...owned[kind], { start: caller[kind], count: 1 }].toSorted((a, b) => a.start - b.start);
    return map[kind].flatMap(({ outside, count }) => {
      const first = firstOutside(outside, count, own);
      return first === undefined ? [] : [{ kind, range: `${outside}-${outside + count - 1}`, first }];
    });
  });
  if (foreign.length === 0) return;
  throw new CooperError('no-subid-range', {
    what: 'the map has ids of the host that are not yours to hand out',
    lines: foreign.map(
      ({ kind, range, first }) => `${kind} ${range}: ${first} is in no range that /etc/sub${kind} gives you`,
    ),
    next: `Use ranges that you have, or as root: usermod ${foreign.map(({ kind, range }) => `--add-sub${kind}s ${range}`).join(' ')} USER`,
  });
}

/** `own` in ascending order. */
function firstOutside(
  start: number,
  count: number,
  own: readonly { readonly start: number; readonly count: number }[],
): number | undefined {
  let next = start;
  for (const range of own)
    if (range.start <= next && next < range.start + range.count) next = range.start + range.count;
  return next >= start + count ? undefined : next;
}
