import { describe, expect, test } from 'vitest';
import { parseNodeMark } from '../../../image/tree/node-mark.ts';

describe('the mark of a device node', () => {
  test.each([
    ['c 1 3', { type: 'character', major: 1, minor: 3 }],
    ['b 4095 1048575', { type: 'block', major: 4095, minor: 1048575 }],
  ])('%s is read', (text, node) => {
    expect(parseNodeMark(Buffer.from(text))).toEqual(node);
  });

  test.each(['', 'c', 'c 1', 'c 1 3 ', 'c 1 3\n', 'c 4096 0', 'c 0 1048576', 'p 1 3', 'c -1 3', 'c 1 99999999999'])(
    '%j is none',
    (text) => {
      expect(parseNodeMark(Buffer.from(text))).toBeUndefined();
    },
  );
});
