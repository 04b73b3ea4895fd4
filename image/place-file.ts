// Makes a file appear complete or not at all.

import { renameSync, rmSync } from 'node:fs';
import { explainSystemError } from '../errors/index.ts';
import type { FileDigest } from '../keys/digest.ts';
import { digestFile } from './digest-file.ts';

/**
 * Lets `write` fill a temporary file beside `target`, digests it and renames it into place. When anything fails the
 * temporary file goes away; "no space left" becomes `no-space`.
 */
export async function placeFile<T>(
  target: string,
  write: (partial: string) => Promise<T>,
): Promise<{ readonly result: T; readonly file: FileDigest }> {
  const partial = `${target}.partial`;
  try {
    const result = await write(partial);
    const file = await digestFile(partial);
    renameSync(partial, target);
    return { result, file };
  } catch (error) {
    rmSync(partial, { force: true });
    throw explainSystemError(error, `writing ${target}`);
  }
}
