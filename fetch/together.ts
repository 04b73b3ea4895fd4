// Runs pieces of work at once and lets none outlive the others. Knows nothing of what the work is.

import { setMaxListeners } from 'node:events';

/**
 * Results in the order of `works`. The first failure aborts the others; it is thrown when all of them have ended, so that
 * nothing goes on in the background. Throws the reason of `signal` when that was aborted.
 */
export async function together<T>(
  signal: AbortSignal | undefined,
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T[]> {
  const stop = new AbortController();
  const joined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  // Each of them may listen; that is no leak.
  setMaxListeners(0, joined);
  const results = await Promise.allSettled(
    works.map(async (work) => {
      try {
        return await work(joined);
      } catch (error) {
        stop.abort(error);
        throw error;
      }
    }),
  );
  signal?.throwIfAborted();
  stop.signal.throwIfAborted();
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
