import { expect, test } from 'vitest';
import { chosen, measureEach } from '../../bench/comparison.ts';

const all = [
  { name: 'a/one', peers: ['x', 'y'] },
  { name: 'a/two', peers: ['x'] },
];

test('without a choice everything is compared with all peers', () => {
  expect(chosen(all)).toEqual(all);
});

test('a part of name and peer chooses comparisons and leaves out other peers', () => {
  expect(chosen(all, 'one/x')).toEqual([{ name: 'a/one', peers: ['x'] }]);
  expect(chosen(all, '/y').map(({ name }) => name)).toEqual(['a/one']);
  expect(chosen(all, 'b')).toEqual([]);
});

test('comparisons are made in their order, each with its own peers, on the bed that was given', async () => {
  const told: string[] = [];
  const result = { figure: 'bytes', ours: 1, peer: 2, ratio: 0.5 } as const;
  const wanted = all.map((each) => ({
    ...each,
    measure: async (bed: string, peers: readonly string[]) =>
      peers.map((against) => ({ ...result, name: `${bed}:${each.name}`, against })),
  }));
  const results = await measureEach(wanted, 'bed', (line) => told.push(line));
  expect(told).toEqual(['a/one', 'a/two']);
  expect(results.map(({ name, against }) => [name, against])).toEqual([
    ['bed:a/one', 'x'],
    ['bed:a/one', 'y'],
    ['bed:a/two', 'x'],
  ]);
});
