import { expect, test } from 'vitest';
import { intervalOf, pauseBefore, selectionOf } from '../../cli/mirror-options.ts';
import { formatSpan } from '../../cli/mirror-report.ts';

const refusal = expect.objectContaining({ code: 'bad-usage', exit: 2 });
const minute = 60_000;

test('without options everything is wanted, once', () => {
  expect(selectionOf({})).toEqual({ distributions: [], releases: [], architectures: [], variants: [] });
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
