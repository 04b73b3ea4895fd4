import { expect, test } from 'vitest';
import { asCooperError, formatBytes, renderError } from '../../cli/render.ts';
import { CooperError } from '../../errors/index.ts';

test('an error shows its code, its details and what to do next', () => {
  const error = new CooperError('bad-usage', { what: 'no image named', next: 'Name one', lines: ['a', 'b'] });
  expect(renderError(error, false)).toBe('cooper: no image named [bad-usage]\n  | a\n  | b\n  next: Name one\n');
});

test('output of a script that is shown with an error cannot move the cursor or colour the terminal', () => {
  const error = new CooperError('action-failed', { what: 'failed', lines: ['\x1b[2J\x1b[31mred\x07\rover'] });
  expect(renderError(error, false)).toContain('  | red over\n');
});

test('an unforeseen failure becomes the code internal with its cause kept', () => {
  const cause = new TypeError('odd');
  expect(asCooperError(cause)).toMatchObject({ code: 'internal', message: 'odd', cause });
});

test('bytes are shown in powers of a thousand', () => {
  expect([999, 1000, 61_372_996, 999_960].map(formatBytes)).toEqual(['999 B', '1.0 kB', '61.4 MB', '1.0 MB']);
});
