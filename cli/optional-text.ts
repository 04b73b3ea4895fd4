// Text of a file that need not be there.

import { readFileSync } from 'node:fs';
import { isSystemError } from '../errors/index.ts';

/** Empty without the file. Throws system errors of reading. */
export function optionalText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}
