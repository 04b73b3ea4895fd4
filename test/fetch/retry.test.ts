import { expect, test } from 'vitest';
import { backoff } from '../../fetch/retry.ts';

test.each([
  [2, 500],
  [3, 1000],
  [4, 2000],
  [6, 8000],
  [20, 8000],
])('before attempt %d there is a pause between half of %d ms and all of it, by chance', (next, span) => {
  expect([0, 0.5, 1].map((random) => backoff(next, random))).toEqual([span / 2, 0.75 * span, span]);
});
