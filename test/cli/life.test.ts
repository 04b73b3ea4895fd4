import { expect, test } from 'vitest';
import { lifeOf } from '../../cli/life.ts';

const day = 24 * 3600;

test.each([
  ['1d', 1],
  ['90d', 90],
  ['12w', 84],
  ['6m', 180],
  ['5y', 1825],
])('%s is %d days', (text, days) => {
  expect(lifeOf(text)).toBe(days * day);
});

test('nothing said is nothing chosen', () => {
  expect(lifeOf(undefined)).toBeUndefined();
});

test.each(['', '0d', '90', '-1d', '1.5y', '6y', '1826d', '90 d', '90D', 'never'])('%j is refused', (text) => {
  expect(() => lifeOf(text)).toThrow(expect.objectContaining({ code: 'bad-usage', exit: 2 }));
});
