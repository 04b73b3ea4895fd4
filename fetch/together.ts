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

/** Files hashed or fetched at a time; a transport bounds connections besides. */
const usualLanes = 8;

/** Does `work` for each of the items, so many at a time; results in the order of the items. Otherwise as together. */
export async function inLanes<Item, Result>(
  signal: AbortSignal | undefined,
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  lanes: number = usualLanes,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const lane = async (stop: AbortSignal): Promise<void> => {
    for (const [position, item] of queue) {
      stop.throwIfAborted();
      results[position] = await work(item, stop);
    }
  };
  await together(
    signal,
    Array.from({ length: Math.min(lanes, items.length) }, () => lane),
  );
  return results;
}
