// Removes a folder whoever owns what is in it: what is ours directly, the rest from inside a user namespace in which those
// ids are ours.

import { readdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { type IdMap, runWorker, workerIdMap } from '../../native/index.ts';
import { removeTree } from './remove.ts';

/** What remove-worker.ts is asked. */
export interface RemoveRequest {
  /** Absolute path; emptied, but itself left in place: it belongs to a folder that the worker may not change. */
  readonly folder: string;
  /** Names in it that stay. */
  readonly kept: readonly string[];
}

/** Removes `folder` and everything below; nothing there is fine. `idMap`: of its files, or `host`. */
export async function removeForeignTree(folder: string, idMap: IdMap | 'host'): Promise<void> {
  if (process.geteuid?.() === 0) {
    removeTree(folder);
    return;
  }
  if (removeOwn(folder)) return;
  if (idMap === 'host') {
    removeTree(folder);
    return;
  }
  await emptyInNamespace(folder, workerIdMap(idMap));
  await rmdir(folder);
}

/** Removes everything below `folder` but `kept`, names in it. `idMap`: of its files as the caller sees them, or `host`. */
export async function emptyForeignTree(
  folder: string,
  idMap: IdMap | 'host',
  kept: readonly string[] = [],
): Promise<void> {
  if (idMap !== 'host' && process.geteuid?.() !== 0) await emptyInNamespace(folder, workerIdMap(idMap), kept);
  else for (const name of namesBut(kept, folder)) removeTree(join(folder, name));
}

/** What is in a folder, without those names. */
function namesBut(kept: readonly string[], folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !kept.includes(name));
}

async function emptyInNamespace(folder: string, idMap: IdMap, kept: readonly string[] = []): Promise<void> {
  const request: RemoveRequest = { folder, kept };
  const binds = [{ path: folder, readOnly: false }];
  await runWorker<null>('image/tree/remove-worker', request, { idMap, binds });
}

// As long as nothing of other owners was put into it no namespace is needed: perhaps the host allows none.
function removeOwn(folder: string): boolean {
  try {
    removeTree(folder);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EACCES') || isSystemError(error, 'EPERM')) return false;
    throw error;
  }
}
