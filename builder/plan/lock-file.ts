// Reads image.lock.json. Refuses what is no lock file of a version that this program knows.

import { readFile } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type Lock, lockSchema } from '../../image/index.ts';

/** The lock in the file. Throws `lock-malformed` with one line a fault. */
export async function readLockFile(path: string): Promise<Lock> {
  const malformed = (what: string, lines: readonly string[] = [], cause?: unknown) =>
    new CooperError('lock-malformed', { what: `${path} ${what}`, lines, cause });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) throw malformed('is not there', [], error);
    if (error instanceof SyntaxError) throw malformed('is not JSON', [], error);
    throw error;
  }
  const parsed = lockSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw malformed(
    'is not a lock file of a build',
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}
