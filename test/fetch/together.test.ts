// Many pieces of work, so many at a time.

import { expect, test } from 'vitest';
import { inLanes } from '../../fetch/index.ts';

const never = new AbortController().signal;

test('results have the order of the items, and no more run at once than there are lanes', async () => {
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    running += 1;
    most = Math.max(most, running);
    for (let turns = 0; turns < 10 - item; turns += 1) await Promise.resolve();
    running -= 1;
    return item * 2;
  };
  const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(await inLanes(never, items, work, 3)).toEqual(items.map((item) => item * 2));
  expect(most).toBe(3);
});

test('the first failure stops the others, and nothing is begun after it', async () => {
  const begun: number[] = [];
  const work = async (item: number, signal: AbortSignal) => {
    begun.push(item);
    if (item === 1) throw new RangeError('one');
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  await expect(inLanes(never, [0, 1, 2, 3], work, 2)).rejects.toThrow(RangeError);
  expect(begun).toEqual([0, 1]);
});

test('no items are no work', async () => {
  expect(await inLanes(never, [], () => Promise.reject(new TypeError('none')))).toEqual([]);
});
