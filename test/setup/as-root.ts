// Tests that need root. Without it they are skipped where everybody sees it: the name says why (docs/limits.md, 1).

import { describe, test } from 'vitest';

const isRoot = process.getuid?.() === 0;
const reason = '(skipped without root: docs/limits.md, 1)';

/** `test`, for one that needs root. */
export function testAsRoot(name: string, work: () => unknown, timeout?: number): void {
  if (isRoot) test(name, work, timeout);
  else test.skip(`${name} ${reason}`, work);
}

/** `describe`, for tests that need root. */
export function describeAsRoot(name: string, tests: () => void): void {
  if (isRoot) describe(name, tests);
  else describe.skip(`${name} ${reason}`, tests);
}
