import { expect, test } from 'vitest';
import { plain } from '../../cli/paint.ts';
import { asCooperError, formatBytes, renderError } from '../../cli/render.ts';
import { CooperError, type ErrorCode, errorTable } from '../../errors/index.ts';

const look = { debug: false, paint: plain };

test('an error shows its code, its details and what to do next', () => {
  const error = new CooperError('bad-usage', { what: 'no image named', next: 'Name one', lines: ['a', 'b'] });
  expect(renderError(error, look)).toBe('cooper: no image named [bad-usage]\n  | a\n  | b\n  next: Name one\n');
});

test('output of a script that is shown with an error cannot move the cursor or colour the terminal', () => {
  const error = new CooperError('action-failed', { what: 'failed', lines: ['\x1b[2J\x1b[31mred\x07\rover'] });
  expect(renderError(error, look)).toContain('  | red over\n');
});

test.each(Object.keys(errorTable) as ErrorCode[])('on a terminal of 80 columns %s fits', (code) => {
  const error = new CooperError(code, { what: errorTable[code].meaning, lines: [errorTable[code].meaning] });
  const lines = renderError(error, { ...look, columns: 80 }).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(renderError(error, look).split('\n')).toHaveLength(4);
});

test('colour is for the name of the program alone', () => {
  const error = new CooperError('bad-usage', { what: 'no image named', next: 'cooper: name one' });
  const text = renderError(error, { ...look, paint: (colour, word) => `<${colour}>${word}</>` });
  expect(text).toBe('<red>cooper:</> no image named [bad-usage]\n  next: cooper: name one\n');
});

test('an unforeseen failure becomes the code internal with its cause kept', () => {
  const cause = new TypeError('odd');
  expect(asCooperError(cause)).toMatchObject({ code: 'internal', message: 'odd', cause });
});

test('what the machine refuses or has no room for is no fault of the program', () => {
  const raised = (code: string, path?: string) => Object.assign(new Error(`${code}: refused`), { code, path });
  for (const code of ['EACCES', 'EPERM', 'EROFS']) {
    expect(asCooperError(raised(code, '/x'))).toMatchObject({ code: 'host-permission', message: `${code}: refused` });
  }
  expect(asCooperError(raised('ENOSPC'))).toMatchObject({ code: 'no-space', exit: 1 });
  // Nothing says of what: a socket, a process.
  expect(asCooperError(raised('EPERM'))).toMatchObject({ code: 'internal' });
});

test('bytes are shown in powers of a thousand', () => {
  expect([999, 1000, 61_372_996, 999_960].map(formatBytes)).toEqual(['999 B', '1.0 kB', '61.4 MB', '1.0 MB']);
});
