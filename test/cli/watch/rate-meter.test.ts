import { expect, test } from 'vitest';
import { RateMeter, secondsLeft } from '../../../cli/watch/rate-meter.ts';

/** A meter that saw the points: milliseconds and bytes. */
function meterOf(points: readonly (readonly [number, number])[]): RateMeter {
  const meter = new RateMeter();
  for (const [time, done] of points) meter.take(time, done);
  return meter;
}

const steady = (step: number, until: number) =>
  Array.from({ length: until / step + 1 }, (_, at) => [at * step, at * step * 1000] as const);

test.each([1, 7, 50, 400, 2000])('a steady megabyte a second, told every %d ms, is one', (step) => {
  const meter = meterOf(steady(step, step * Math.ceil(4000 / step)));
  expect(meter.perSecond(step * Math.ceil(4000 / step))).toBeCloseTo(1e6, 0);
});

test('nothing is said in the first second, nor of a stage that has told nothing', () => {
  expect(new RateMeter().perSecond(5000)).toBeUndefined();
  expect(meterOf(steady(100, 900)).perSecond(900)).toBeUndefined();
  expect(meterOf([[0, 0]]).perSecond(5000)).toBeUndefined();
});

test('what was there at the beginning was not moved', () => {
  expect(meterOf(steady(100, 2000).map(([time, done]) => [time, done + 5e8])).perSecond(2000)).toBeCloseTo(1e6, 0);
});

test('a change of the rate is followed within some seconds, not at once', () => {
  const slow = Array.from({ length: 100 }, (_, at) => [10_000 + (at + 1) * 100, 1e7 + (at + 1) * 1e4] as const);
  const meter = meterOf(steady(100, 10_000));
  const rates = slow.map(([time, done]) => {
    meter.take(time, done);
    return meter.perSecond(time) ?? 0;
  });
  // From a megabyte to 100 kB a second.
  expect(rates[0]).toBeGreaterThan(9e5);
  expect(rates[29]).toBeGreaterThan(3e5);
  expect(rates[29]).toBeLessThan(6e5);
  expect(rates[99]).toBeLessThan(1.5e5);
  expect([...rates].sort((a, b) => b - a)).toEqual(rates);
});

test('while nothing comes the rate falls', () => {
  const meter = meterOf(steady(100, 5000));
  const rates = [5000, 6000, 8000, 15_000].map((now) => meter.perSecond(now) ?? 0);
  expect(rates[1]).toBeLessThan(8e5);
  expect(rates[2]).toBeLessThan(4.5e5);
  expect(rates[3]).toBeLessThan(5e4);
});

test('points of the same moment, and a clock that goes back, do no harm', () => {
  const meter = meterOf([...steady(100, 3000), [3000, 3.5e6], [2000, 3.6e6], [3100, 3.1e6]]);
  expect(meter.perSecond(3100)).toBeCloseTo(1e6, 0);
  expect(meter.perSecond(0)).toBeCloseTo(1e6, 0);
});

test('where less is done than before, counting begins anew', () => {
  const meter = meterOf([...steady(100, 3000), [3100, 0], [3200, 0]]);
  expect(meter.perSecond(3200)).toBeUndefined();
});

test.each([
  [0, 1e7, 1e6, 10],
  [9.9e6, 1e7, 1e6, 1],
  [1e7, 1e7, 1e6, undefined],
  [2e7, 1e7, 1e6, undefined],
  [5, 0, 1e6, undefined],
  [0, 1e7, undefined, undefined],
  [0, 1e12, 1, undefined],
])('%d of %d at %s a second take %s s', (done, total, perSecond, expected) => {
  expect(secondsLeft(done, total, perSecond)).toBe(expected);
});
