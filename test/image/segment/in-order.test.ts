import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from '../../../image/segment/in-order.ts';

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const one = { most: 2, weigh: () => 1 };

test('results come in order although later ones are there before', async () => {
  const work = async (milliseconds: number) => {
    await wait(milliseconds);
    return milliseconds;
  };
  expect(await all(inOrder(from([30, 1, 20, 2]), one, work))).toEqual([30, 1, 20, 2]);
});

test('no more is under way or waiting than the window holds; what is larger goes alone', async () => {
  let [load, most] = [0, 0];
  const results = inOrder(from([3, 3, 20, 3, 3, 3, 3]), { most: 10, weigh: (size) => size }, async (size) => {
    load += size;
    most = Math.max(most, size > 10 ? (load === size ? 0 : 1000) : load);
    await wait(2);
    return size;
  });
  for await (const size of results) load -= size;
  expect(most).toBeLessThanOrEqual(10);
});

test('a result is given before the next item is there', async () => {
  async function* slow(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => undefined);
  }
  const results = inOrder(slow(), one, async (item) => item);
  expect(await results.next()).toEqual({ value: 1, done: false });
});

test('the first failure in the order of the items is thrown, after the results before it', async () => {
  const found: number[] = [];
  const work = async (item: number) => {
    if (item === 2) throw new Error('two');
    return item;
  };
  await expect(
    (async () => {
      for await (const item of inOrder(from([1, 2, 3]), one, work)) found.push(item);
    })(),
  ).rejects.toThrow('two');
  expect(found).toEqual([1]);
});

test('a source that fails while a result is waited for is heard in its turn', async () => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new Error('source');
  }
  const results = inOrder(failing(), one, async (item) => {
    await wait(5);
    return item;
  });
  await expect(all(results)).rejects.toThrow('source');
});
