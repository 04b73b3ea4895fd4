import { expect, test } from 'vitest';
import { trafficLimits } from '../../cli/traffic-limits.ts';

const refusal = expect.objectContaining({ code: 'bad-usage', exit: 2 });

test('without options everything comes as fast as it can', () => {
  expect(trafficLimits({})).toEqual({});
});

test.each([
  ['5M', 5e6],
  ['1K', 1000],
  ['1.5G', 1.5e9],
  ['2000', 2000],
  ['800k', 8e5],
])('the rate %s is %d bytes a second', (limitRate, rate) => {
  expect(trafficLimits({ limitRate })).toEqual({ rate });
});

test.each(['0', '999', '-1M', 'fast', '5 M', ''])('the rate %j is refused', (limitRate) => {
  expect(() => trafficLimits({ limitRate })).toThrow(refusal);
});

test.each(['1', '16'])('%s connections are taken', (connections) => {
  expect(trafficLimits({ connections })).toEqual({ connections: Number(connections) });
});

test.each(['0', '17', '-1', '1.5', 'all', ''])('%j connections are refused', (connections) => {
  expect(() => trafficLimits({ connections })).toThrow(refusal);
});
