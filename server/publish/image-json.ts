// The image.json of a build in the tree, as the catalog names it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type Verified, verifyDigest } from '../../keys/index.ts';
import type { OfferedBuild } from './offer.ts';

/** Reads it out of the build's `folder`. Throws 'tree-damaged' when it is not there or another one. */
export async function readImageJson(folder: string, { path, manifest }: OfferedBuild): Promise<Verified<Buffer>> {
  const name = `${path}image.json`;
  try {
    return verifyDigest(await readFile(join(folder, 'image.json')), manifest, name);
  } catch (cause) {
    const damaged =
      isSystemError(cause, 'ENOENT') || (cause instanceof CooperError && cause.code === 'digest-mismatch');
    if (!damaged) throw cause;
    throw new CooperError('tree-damaged', { what: `${name} is not the file that the catalog names`, cause });
  }
}
