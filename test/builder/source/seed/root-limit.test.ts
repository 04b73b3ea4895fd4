import { expect, test } from 'vitest';
import { rootLimit } from '../../../../builder/source/seed/root-limit.ts';

const gibibyte = 2 ** 30;

test.each([
  ['a small archive may hold a gibibyte', 300_000, gibibyte],
  ['a larger one a hundred times what it has', 40_000_000, 4_000_000_000],
  ['none more than 64 gibibytes', 2 * gibibyte, 64 * gibibyte],
])('%s', (_what, packed, limit) => {
  expect(rootLimit(packed)).toBe(limit);
});
