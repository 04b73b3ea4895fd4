import { expect, test } from 'vitest';
import { cutTo, formatSeconds, runningText, stageLine } from '../../../cli/watch/words.ts';
import { plainText } from '../../../events/index.ts';

const ended = { type: 'stage-end', time: 1, stage: 'download', seconds: 2, cpuSeconds: 0.5, ok: true } as const;

test('a finished stage shows its time, its bytes and their rate', () => {
  expect(stageLine(ended, { done: 5e6, total: 5e6, unit: 'bytes' })).toBe(
    '✓ download     2.0 s, 0.5 s CPU, 5.0 MB (2.5 MB/s)',
  );
});

test('a failed stage is marked', () => {
  expect(stageLine({ ...ended, ok: false, cpuSeconds: 0 })).toBe('✗ download     2.0 s');
});

test('a running stage shows time, share, rate and time left of its bytes', () => {
  const amount = { done: 5e6, total: 1e7, unit: 'bytes' } as const;
  expect(runningText(4, amount, 1.3e6)).toBe('4 s, 5.0 MB of 10.0 MB (50 %), 1.3 MB/s, 4 s left');
  expect(runningText(4, amount, 2e4)).toBe('4 s, 5.0 MB of 10.0 MB (50 %), 20.0 kB/s, 4 min 10 s left');
});

test('before a rate is known it is left out', () => {
  expect(runningText(0, { done: 5e6, total: 1e7, unit: 'bytes' })).toBe('0 s, 5.0 MB of 10.0 MB (50 %)');
});

test('without a known total nobody knows what is left', () => {
  expect(runningText(4, { done: 5e6, total: 0, unit: 'bytes' }, 1.3e6)).toBe('4 s, 5.0 MB, 1.3 MB/s');
});

test('items are counted', () => {
  expect(runningText(61, { done: 3, total: 88, unit: 'items' })).toBe('1 min 01 s, 3 of 88');
  expect(runningText(2, { done: 3, total: 0, unit: 'items' })).toBe('2 s, 3');
});

test('seconds become minutes with two digits', () => {
  expect([0.4, 59.9, 60, 3607].map(formatSeconds)).toEqual(['0 s', '59 s', '1 min 00 s', '60 min 07 s']);
});

test.each([
  ['short', 10, 'short'],
  ['exactly10.', 10, 'exactly10.'],
  ['longer than', 10, 'longer th…'],
  ['ééééé', 6, 'éé…'],
])('%s cut to %i columns is %s', (text, columns, cut) => {
  expect(cutTo(columns, text)).toBe(cut);
});

test('escape sequences, control characters and turned writing are taken out', () => {
  expect(plainText('a\x1b[1;31mb\x1b[0m\x00c\u202ed \n')).toBe('ab c d');
});
