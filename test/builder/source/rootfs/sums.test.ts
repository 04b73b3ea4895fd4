import { expect, test } from 'vitest';
import { sumOf } from '../../../../builder/source/rootfs/sums.ts';

const a = 'a'.repeat(64);
const b = 'B'.repeat(128);

test.each([
  ['text of sha256sum', `${a}  root.tar\n`, a],
  ['binary of sha256sum', `${a} *root.tar\n`, a],
  ['with a folder before it', `${a}  ./root.tar\n`, a],
  ['tagged', `SHA256 (root.tar) = ${a}\n`, a],
  ['among others, with line ends of DOS', `${b}  other\r\n${a}  root.tar\r\n`, a],
  ['twice the same', `${a}  root.tar\n${a}  root.tar\n`, a],
  ['the longer of two', `${a}  root.tar\n${b}  root.tar\n`, b.toLowerCase()],
  ['not there', `${a}  root.tar.old\n`, undefined],
  ['two that differ', `${a}  root.tar\n${'c'.repeat(64)}  root.tar\n`, undefined],
  ['a sum of another length', `${'a'.repeat(40)}  root.tar\n`, undefined],
  ['a name that only begins so', `${a}  root.tar\0.xz\n`, undefined],
])('a sum: %s', (_what, list, expected) => {
  expect(sumOf(list, 'root.tar')).toBe(expected);
});
