import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ownNamespace, parseKernelMap } from '../../native/user-namespace.ts';

test('the kernel’s form of a map is read', () => {
  expect(parseKernelMap('         0       1000          1\n         1     100000      65536\n')).toEqual([
    { inside: 0, outside: 1000, count: 1 },
    { inside: 1, outside: 100_000, count: 65_536 },
  ]);
  expect(parseKernelMap('')).toEqual([]);
});

test('the namespace of the host has all ids as they are', () => {
  const isHost = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  expect(ownNamespace() === 'host').toBe(isHost);
});
