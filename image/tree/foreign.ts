// Removes a folder whoever owns what is in it: as real root directly, else from inside a user namespace in which those
// ids are ours.

import { rmdir } from 'node:fs/promises';
import { isSystemError } from '../../errors/index.ts';
import { type IdMap, runWorker, workerIdMap } from '../../native/index.ts';
import { removeTree } from './remove.ts';

/** What remove-worker.ts is asked. */
export interface RemoveRequest {
  /** Absolute path; emptied, but itself left in place: it belongs to a folder that the worker may not change. */
  readonly folder: string;
}

/** Removes `folder` and everything below; nothing there is fine. `idMap`: of its files, or `host`. */
export async function removeForeignTree(folder: string, idMap: IdMap | 'host'): Promise<void> {
  if (process.geteuid?.() === 0) {
    removeTree(folder);
    return;
  }
  if (await removeEmpty(folder)) return;
  if (idMap === 'host') {
    removeTree(folder);
    return;
  }
  const request: RemoveRequest = { folder };
  const binds = [{ path: folder, readOnly: false }];
  await runWorker<null>('image/tree/remove-worker', request, { idMap: workerIdMap(idMap), binds });
  await rmdir(folder);
}

// Most often nothing was put into it yet; then no namespace is needed.
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true;
    if (isSystemError(error, 'ENOTEMPTY')) return false;
    throw error;
  }
}
