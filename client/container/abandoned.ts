// Removes what runs that were killed have left in a folder of containers. Refuses to touch what is still being filled, and
// never fails a run for something that cannot be removed.

import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { removeForeignTree } from '../../image/index.ts';
import { flock, type IdMap } from '../../native/index.ts';

/** What the name of a container in the making holds between the container's name and random characters. */
export const stagingMark = '.cooper-';

/** What mkdtemp gives: a folder of this mode may be without a lock because its run has only just made it. */
const newFolderMode = 0o700;
/** Milliseconds after which a new folder is not one any more. */
const newFolderAge = 10 * 60 * 1000;

/** Removes them; `idMap` is that of their files. Returns a notice for each one that has to stay. */
export async function removeAbandoned(containers: string, idMap: IdMap | 'host'): Promise<string[]> {
  const names = await readdir(containers);
  const notices: string[] = [];
  for (const name of names.filter((entry) => entry.startsWith('.') && entry.includes(stagingMark))) {
    const folder = path.join(containers, name);
    try {
      await removeIfAbandoned(folder, idMap);
    } catch (error) {
      notices.push(notRemoved(folder, error));
    }
  }
  return notices;
}

/** For people: a folder stays, and why. */
export function notRemoved(folder: string, error: unknown): string {
  return `${folder} could not be removed: ${error instanceof Error ? error.message : String(error)}`;
}

/** A folder that cannot be opened is somebody else's; one that is locked is being filled. */
async function removeIfAbandoned(folder: string, idMap: IdMap | 'host'): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    if (isSystemError(error, 'EACCES') || isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  try {
    if (!(await isNew(handle)) && flock(handle.fd, 'exclusive', true)) await removeForeignTree(folder, idMap);
  } finally {
    await handle.close();
  }
}

async function isNew(folder: FileHandle): Promise<boolean> {
  const { mode, mtimeMs } = await folder.stat();
  return (mode & 0o777) === newFolderMode && Date.now() - mtimeMs < newFolderAge;
}
