import { expect, test } from 'vitest';
import { parsePasswordChoice } from '../../cli/password-choice.ts';

const hash = '$y$j9T$EqMeEywaamfAiTNcE8OOj0$HXI4xgG0nQd7WxwiQNxndHQHNAo5rNXhFSgeSfgZQn7';

test.each([
  [['locked'], { from: 'locked' }],
  [['random'], { from: 'random', expire: false }],
  [['prompt', 'expire'], { from: 'prompt', expire: true }],
  [['expire', `hash:${hash}`], { from: 'hash', hash, expire: true }],
  [['file:a:b'], { from: 'file', file: 'a:b', expire: false }],
  [['expire'], { from: 'random', expire: true }],
])('%j is understood', (values, choice) => {
  expect(parsePasswordChoice(values)).toEqual(choice);
});

test.each([
  [['locked', 'expire'], /nobody could log in/],
  [['random', 'prompt'], /twice/],
  [['locked', `hash:${hash}`], /twice/],
  [['file:'], /none of locked, random/],
  [['Random'], /none of locked, random/],
  [['hash:'], /no hash that is strong and whole/],
  [['hash:$1$salt$qJH7.N4xYta3aEG/dfqo/0'], /no hash that is strong and whole/],
  [[`hash:${hash}\n`], /no hash that is strong and whole/],
])('%j is refused', (values, message) => {
  expect(() => parsePasswordChoice(values)).toThrow(
    expect.objectContaining({ code: 'bad-usage', message: expect.stringMatching(message) }),
  );
});

test('a password that was typed in its place is not shown again', () => {
  const shown = (value: string) => {
    try {
      return parsePasswordChoice([value]);
    } catch (error) {
      return JSON.stringify([String(error), error]);
    }
  };
  expect(shown('open sesame')).not.toContain('sesame');
  expect(shown('hash:open sesame')).not.toContain('sesame');
});
