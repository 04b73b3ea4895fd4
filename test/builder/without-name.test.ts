import { expect, test } from 'vitest';
import { withoutName } from '../../builder/without-name.ts';

test.each([
  ['ct1\n', 'LXC_NAME\n'],
  [
    '127.0.0.1 localhost\n127.0.1.1\tct1 ct1.example.org\n',
    '127.0.0.1 localhost\n127.0.1.1\tLXC_NAME LXC_NAME.example.org\n',
  ],
  ['my-ct1 ct12 xct1 a.ct1 ct1-b\n', 'my-ct1 ct12 xct1 a.ct1 ct1-b\n'],
])('%j', (text, forgotten) => {
  expect(withoutName(text, 'ct1')).toBe(forgotten);
});

test('a dot in a name is no other character', () => {
  expect(withoutName('a.b axb', 'a.b')).toBe('LXC_NAME axb');
});

test('a container that is called as every machine is leaves that name where it is', () => {
  expect(withoutName('127.0.0.1 localhost\n', 'localhost')).toBe('127.0.0.1 localhost\n');
});
