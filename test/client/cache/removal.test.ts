import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Aged, chooseRemovals, usualLimits } from '../../../client/cache/removal.ts';

const day = 24 * 3600 * 1000;
const now = Date.parse('2026-01-20T00:00:00Z');
const ago = (days: number, bytes = 1): Aged => ({ bytes, used: now - days * day });
const aged = fc.array(fc.record({ bytes: fc.nat(1000), used: fc.integer({ min: now - 30 * day, max: now + day }) }));

it('what was unused for longer than ten days goes, longest unused first; ten days to the second do not', () => {
  const kept = [ago(11), ago(1), ago(30), ago(10)];
  expect(chooseRemovals(kept, usualLimits, now)).toEqual([ago(30), ago(11)]);
});

it('an expiry of nothing keeps what is used right now', () => {
  expect(chooseRemovals([ago(0), ago(0.01)], { expiry: 0, size: 10 }, now)).toEqual([ago(0.01)]);
});

it('what is too much goes by least recent use, and no more than that', () => {
  const kept = [ago(1, 60), ago(2, 60), ago(3, 60)];
  expect(chooseRemovals(kept, { expiry: 10 * day, size: 120 }, now)).toEqual([ago(3, 60)]);
});

it('what was used last stays if it fits at all', () => {
  expect(chooseRemovals([ago(0, 100), ago(1, 1)], { expiry: 10 * day, size: 100 }, now)).toEqual([ago(1, 1)]);
  expect(chooseRemovals([ago(0, 101), ago(1, 1)], { expiry: 10 * day, size: 100 }, now)).toHaveLength(2);
});

it('a time to come does not expire', () => {
  expect(chooseRemovals([ago(-400)], usualLimits, now)).toEqual([]);
});

it('afterwards nothing is expired and all fits, and what goes was not used later than what stays', () => {
  fc.assert(
    fc.property(aged, fc.nat(3000), fc.nat(20), (kept, size, days) => {
      const gone = new Set(chooseRemovals(kept, { expiry: days * day, size }, now));
      const left = kept.filter((one) => !gone.has(one));
      expect(left.every(({ used }) => now - used <= days * day)).toBe(true);
      expect(left.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(size);
      const oldestLeft = Math.min(...left.map(({ used }) => used));
      expect([...gone].every(({ used }) => used <= oldestLeft)).toBe(true);
    }),
  );
});
