import { expect, test } from 'vitest';
import { interleave, measure, median, sum } from '../../bench/measured.ts';
import { compareCosts, resultTable } from '../../bench/result.ts';

const busy = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done';

test('CPU time of a grandchild counts', async () => {
  const idle = await measure({ argv: ['sh', '-c', 'sleep 0.1'] });
  const { cpu, wall } = await measure({ argv: ['sh', '-c', `(${busy}); true`] });
  expect(idle.wall).toBeGreaterThanOrEqual(0.1);
  expect(cpu).toBeGreaterThan(idle.cpu);
  expect(wall).toBeGreaterThan(0);
});

test('a command that fails is not measured, and what it said is shown', async () => {
  await expect(measure({ argv: ['sh', '-c', 'echo broken >&2; exit 3'] })).rejects.toThrow(/status 3\nbroken/);
});

test('another exit status counts when it is the one that was asked for', async () => {
  expect((await measure({ argv: ['sh', '-c', 'exit 4'], status: 4 })).cpu).toBeGreaterThanOrEqual(0);
});

test('contenders take turns, and the first turn does not count', async () => {
  const order: string[] = [];
  const contender = (name: string) => ({
    name,
    prepare: () => void order.push(name),
    command: () => ({ argv: ['true'] }),
  });
  const costs = await interleave([contender('a'), contender('b')], 2, () => undefined);
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(costs.of('a').cpu).toBeGreaterThanOrEqual(0);
  expect(costs.of('c').cpu).toBeNaN();
});

test('costs of several commands add up', () => {
  expect(
    sum([
      { wall: 1, cpu: 2 },
      { wall: 3, cpu: 4 },
    ]),
  ).toEqual({ wall: 4, cpu: 6 });
});

test('the median of an even number of values is the mean of the two in the middle', () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a ratio is ours divided by the peer', () => {
  const results = compareCosts('build/mini/ext4', 'mmdebstrap', { cpu: 6, wall: 9 }, { cpu: 12, wall: 12 });
  expect(results.map(({ figure, ratio }) => [figure, ratio])).toEqual([
    ['cpu', 0.5],
    ['wall', 0.75],
  ]);
  expect(resultTable(results)).toContain('| build/mini/ext4 | cpu | mmdebstrap | 6.00 | 12.00 | 0.50 |\n');
});
