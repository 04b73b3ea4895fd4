import { expect, test } from 'vitest';
import { typed } from '../../cli/hidden-line.ts';

const afterKeys = (...keys: string[]) =>
  keys.reduce((line, each) => (line.done ? line : typed(line.text, each)), { text: '', done: false });

test('keys make a line that Enter ends, however they arrive', () => {
  expect(afterKeys('se', 'cret')).toEqual({ text: 'secret', done: false });
  expect(afterKeys('se', 'cret\r')).toEqual({ text: 'secret', done: true });
  expect(afterKeys('secret\nmore')).toEqual({ text: 'secret', done: true });
  expect(afterKeys('\r')).toEqual({ text: '', done: true });
});

test('Backspace takes back a character, Ctrl-U the line', () => {
  expect(afterKeys('grün🙂\u007f\u007f', 'o\r').text).toBe('grüo');
  expect(afterKeys('\u0008a\u007f\u007fb\r').text).toBe('b');
  expect(afterKeys('wrong\u0015right\r').text).toBe('right');
});

test('blanks belong to a passphrase', () => {
  expect(afterKeys(' two words \r').text).toBe(' two words ');
});

test('Ctrl-C ends the question, Ctrl-D an empty one', () => {
  const interrupted = expect.objectContaining({ code: 'interrupted', exit: 130 });
  expect(() => afterKeys('half\u0003')).toThrow(interrupted);
  expect(() => afterKeys('\u0004')).toThrow(interrupted);
  expect(afterKeys('half\u0004')).toEqual({ text: 'half', done: true });
});
