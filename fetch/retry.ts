// Repeats an attempt after a failure that may pass, waiting longer each time and never as long as the neighbour.
// Refuses to repeat what cannot get better: a missing file, a wrong digest, a certificate that is not trusted.

import { setTimeout as wait } from 'node:timers/promises';
import { AttemptFailure } from './failure.ts';

/** Milliseconds to wait before attempt `next` (2, 3, …): a random share of a span that doubles up to eight seconds. */
export function backoff(next: number, random: number): number {
  const span = Math.min(8_000, 250 * 2 ** (next - 1));
  return Math.round(span / 2 + (random * span) / 2);
}

/**
 * Calls `work` until it succeeds, at most `attempts` times since `done` grew last: what work is not done again by the next
 * attempt, if that is told.
 * @throws CooperError of the last failure; the signal's reason when it was aborted
 */
export async function retry<T>(
  attempts: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  done: () => number = () => 0,
): Promise<T> {
  let before = done();
  for (let next = 2; ; next += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AttemptFailure)) {
        throw error;
      }
      if (done() > before) next = 2;
      before = done();
      if (!error.transient || next > attempts) {
        throw error.error;
      }
    }
    await pause(backoff(next, Math.random()), signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
