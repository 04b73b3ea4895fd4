import { expect, test } from 'vitest';
import { interleave, measure, median, sum } from '../../bench/measured.ts';
import { compareBytes, compareCosts, resultTable } from '../../bench/result.ts';

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

test('without a turn that warms up every turn counts', async () => {
  let turns = 0;
  const contender = { name: 'a', prepare: () => void turns++, command: () => ({ argv: ['true'] }) };
  await interleave([contender], 2, () => undefined, { warmUp: false });
  expect(turns).toBe(2);
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

test('bytes are shown whole, and small ratios with a digit more', () => {
  const table = resultTable([
    compareBytes('image/below/bookworm', 'whole-file', 186_000, 37_197_120),
    compareBytes('image/size/bookworm/default', 'tar+xz', 72_188_893, 72_478_808),
  ]);
  expect(table).toContain('| bytes | whole-file | 186000 | 37197120 | 0.005 |\n');
  expect(table).toContain('| 72188893 | 72478808 | 0.996 |\n');
});
