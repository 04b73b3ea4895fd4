// A mirror may be updated while a build reads it: what the lists name is gone, or is not what they say. Then all is read
// anew, once; a mirror that still contradicts itself is not waited for.

import { CooperError, type ErrorCode } from '../../errors/index.ts';

const ofMovingMirror: ReadonlySet<ErrorCode> = new Set([
  'package-list-missing',
  'package-missing',
  'package-mismatch',
  'download-mismatch',
  'download-too-large',
]);

/**
 * Does `attempt`, which reads what the indices name, and once more when the mirror contradicted itself: then it is told why,
 * and has to read the indices anew. What the second attempt throws has the same code and says that it was the second.
 */
export async function withFreshIndices<T>(attempt: (why: CooperError | undefined) => Promise<T>): Promise<T> {
  let why: CooperError;
  try {
    return await attempt(undefined);
  } catch (error) {
    if (!contradicts(error)) throw error;
    why = error;
  }
  try {
    return await attempt(why);
  } catch (error) {
    if (!contradicts(error)) throw error;
    const next =
      'All lists were read anew and it is still so: the mirror is incomplete or is just being updated. ' +
      'Try again later, or name another one with --mirror URL.';
    throw new CooperError(error.code, { what: error.message, next, lines: error.lines, cause: error });
  }
}

function contradicts(error: unknown): error is CooperError {
  return error instanceof CooperError && ofMovingMirror.has(error.code);
}
