// Tests of roots in memory. A kernel whose tmpfs takes no attributes of users has none: they are skipped where everybody sees it
// (docs/limits.md, 10).

import { mkdtempSync, rmSync } from 'node:fs';
import { describe } from 'vitest';
import { isSystemError } from '../../errors/index.ts';
import { lsetxattr } from '../../native/index.ts';

const reason = '(skipped, tmpfs without attributes of users: docs/limits.md, 10)';

/** `describe`, for tests that need such a tmpfs. */
export function describeInMemory(name: string, tests: () => void): void {
  if (takesAttributes()) describe(name, tests);
  else describe.skip(`${name} ${reason}`, tests);
}

function takesAttributes(): boolean {
  const folder = mkdtempSync('/dev/shm/cooper-try-');
  try {
    lsetxattr(folder, 'user.cooper.tried', Buffer.from('1'));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOTSUP') || isSystemError(error, 'EOPNOTSUPP')) return false;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
