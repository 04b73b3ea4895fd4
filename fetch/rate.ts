// How fast bytes may arrive, over all connections of a transport: a token bucket. Pure, but for the pause itself.

import { setTimeout as wait } from 'node:timers/promises';

/** Seconds of the rate that may come at once after a silence: documents of a few kilobytes need not wait. */
const burst = 0.25;

/** Counts what has arrived against a rate; the clock is an argument. */
export class TokenBucket {
  readonly #rate: number;
  /** When everything taken so far has been paid for: milliseconds of the caller's clock. */
  #paid = Number.NEGATIVE_INFINITY;

  /** `rate`: bytes per second. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Takes `bytes` that have arrived at `now`; gives the milliseconds to wait before the next are read. */
  take(bytes: number, now: number): number {
    const earliest = now - burst * 1000;
    this.#paid = Math.max(this.#paid, earliest) + (bytes / this.#rate) * 1000;
    return Math.max(0, this.#paid - now);
  }
}

/** Waits until so many more bytes may have arrived. Rejects with the signal's reason when it is aborted meanwhile. */
export type Pace = (bytes: number, signal: AbortSignal | undefined) => Promise<void>;

/** `rate`: bytes per second for all callers together; without one nobody waits. */
export function createPace(rate: number | undefined): Pace {
  if (rate === undefined) return async () => undefined;
  const bucket = new TokenBucket(rate);
  return async (bytes, signal) => {
    const milliseconds = bucket.take(bytes, performance.now());
    if (milliseconds === 0) return;
    try {
      await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  };
}
