// A full disk gets back what a mirror's run has taken: whoever serves from it needs the space more than the next run its leftovers.

import { rm } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { Certificate } from '../../keys/index.ts';
import { takeBack } from '../publish/place.ts';
import { readPublished } from '../publish/published.ts';
import { treePaths } from '../publish/tree.ts';

/**
 * Does `work`; when the disk turns out to be full, everything goes that is not live. What was refused before it began has taken
 * nothing. Throws what `work` throws.
 */
export async function givingBack<T>(tree: string, publisher: Certificate, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFull(error)) {
      const live = await readPublished(tree, publisher);
      await takeBack(tree, live?.offer ?? new Map());
      await rm(treePaths(tree).fetching, { recursive: true, force: true });
    }
    throw error;
  }
}

function isFull(error: unknown): boolean {
  const reason = error instanceof CooperError && error.code === 'no-space' ? error.cause : error;
  return isSystemError(reason, 'ENOSPC') || isSystemError(reason, 'EDQUOT');
}
