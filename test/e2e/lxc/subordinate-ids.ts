// Ranges of subordinate ids as /etc/subuid and /etc/subgid have them (subuid(5)). Pure.

/** A range of one account. */
export interface SubordinateRange {
  readonly account: string;
  readonly start: number;
  readonly count: number;
}

/** Every well-formed line. */
export function readRanges(text: string): SubordinateRange[] {
  return text.split('\n').flatMap((line) => {
    const [account, start, count] = line.split(':');
    if (account === undefined || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(count ?? '')) return [];
    return [{ account, start: Number(start), count: Number(count) }];
  });
}

/** The first id from 100000 on behind every range there is. */
export function firstFree(ranges: readonly SubordinateRange[]): number {
  return Math.max(100_000, ...ranges.map(({ start, count }) => start + count));
}
