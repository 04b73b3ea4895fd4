// How far behind its publisher a mirror is, as far as a catalog can tell. Pure.

import type { Catalog } from '../../image/index.ts';

/** Of one run. */
export interface Lag {
  /** What the origin's catalog says of itself. */
  readonly origin: Pick<Catalog, 'serial' | 'issued' | 'expires'>;
  /** Serial of what was live here before the run; null where nothing was. */
  readonly before: number | null;
  /** Serial of what is live after it. */
  readonly after: number | null;
  /** Seconds since the origin's catalog was issued. */
  readonly age: number;
  /** Seconds until clients refuse it. */
  readonly left: number;
  /** More than half of its life is over: its publisher, or whoever the origin copies, has not renewed it. */
  readonly isStale: boolean;
}

/** `before` and `after`: as in Lag. */
export function lagOf(
  { serial, issued, expires }: Lag['origin'],
  { before, after, now }: Pick<Lag, 'before' | 'after'> & { readonly now: Date },
): Lag {
  const age = Math.max(0, now.getTime() - Date.parse(issued)) / 1000;
  const left = (Date.parse(expires) - now.getTime()) / 1000;
  const isStale = age > left;
  return { origin: { serial, issued, expires }, before, after, age: Math.round(age), left: Math.round(left), isStale };
}

/** What to tell whoever runs the mirror; undefined when all is well. */
export function staleNotice({ origin: { serial, issued, expires }, isStale }: Lag): string | undefined {
  if (!isStale) return undefined;
  return `the origin's catalog ${serial} is of ${issued}, more than half-way to ${expires}, when clients refuse it: its publisher should renew it`;
}
