import { expect, test } from 'vitest';
import { intervalOf, pauseBefore, selectionOf, trafficLimits } from '../../cli/mirror-options.ts';
import { formatSpan } from '../../cli/mirror-report.ts';

const refusal = expect.objectContaining({ code: 'bad-usage', exit: 2 });
const minute = 60_000;

test('without options everything is wanted, as fast as it comes, once', () => {
  expect(selectionOf({})).toEqual({ distributions: [], releases: [], architectures: [], variants: [] });
  expect(trafficLimits({})).toEqual({});
  expect(intervalOf({})).toBeUndefined();
});

test('architectures may be named as others name them', () => {
  expect(selectionOf({ arch: ['x86_64', 'aarch64', 'riscv64'] }).architectures).toEqual(['amd64', 'arm64', 'riscv64']);
});

test('names stand beside each other as they are', () => {
  expect(selectionOf({ dist: ['debian', 'alpine'], release: ['bookworm'], variant: ['mini'] })).toMatchObject({
    distributions: ['debian', 'alpine'],
    releases: ['bookworm'],
    variants: ['mini'],
  });
});

test.each(['', '*', 'a/b', 'mini,default', '../x', ' mini'])('%j is no exact name', (name) => {
  expect(() => selectionOf({ variant: [name] })).toThrow(refusal);
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

test.each([
  ['10', 10 * minute],
  ['10m', 10 * minute],
  ['30s', minute / 2],
  ['1h', 60 * minute],
  ['24h', 1440 * minute],
])('--watch %s runs every %d ms', (watch, interval) => {
  expect(intervalOf({ watch })).toBe(interval);
});

test.each(['0', '25h', '1d', '-5', '1.5h', 'often', ''])('--watch %j is refused', (watch) => {
  expect(() => intervalOf({ watch })).toThrow(refusal);
});

test('a forecast is made once', () => {
  expect(() => intervalOf({ watch: '10', dryRun: true })).toThrow(refusal);
});

test('pauses are a tenth shorter or longer, so that mirrors do not come all at once', () => {
  expect([0, 0.5, 1].map((random) => pauseBefore(1000, random))).toEqual([900, 1000, 1100]);
});

test.each([
  [0, '0 seconds'],
  [119, '119 seconds'],
  [120, '2 minutes'],
  [7200, '2 hours'],
  [36 * 3600, '36 hours'],
  [13.9 * 24 * 3600, '13 days'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});
