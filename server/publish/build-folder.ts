// The folder of a build: plain files side by side, and what others have signed of it when it was published. Refuses other folders, links
// and the like inside.

import { readdir } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { attestationsName } from './attestation.ts';

/**
 * Names of the files in a build folder, which holds nothing else but the folder of attestations, of which nothing is said here.
 * @throws CooperError 'build-incomplete'
 */
export async function plainFilesOf(directory: string): Promise<string[]> {
  try {
    const all = await readdir(directory, { withFileTypes: true });
    const entries = all.filter((entry) => !(entry.isDirectory() && entry.name === attestationsName));
    const odd = entries.filter((entry) => !entry.isFile()).map(({ name }) => `${name} is not a plain file`);
    if (odd.length > 0) throw incomplete(directory, odd);
    return entries.map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw incomplete(directory, ['the folder is missing']);
    throw error;
  }
}

/** The refusal of a build folder, with one line a fault. */
export function incomplete(directory: string, faults: readonly string[]): CooperError {
  return new CooperError('build-incomplete', { what: `${directory} cannot be published`, lines: faults });
}
