// Names of half-made downloads, and the removal of those whose process is gone. A file that this user may not remove stays:
// it is somebody else's, or lies in a cache that can only be read.

import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../errors/index.ts';

/** What the name of a temporary file ends in: the process id tells an orphan from work going on. */
export const partialSuffix = `.${process.pid}.part`;

const anyPartial = /\.(\d+)\.part$/;

/** Removes what killed processes left half-made in `folder` (not below it). */
export async function removeOrphans(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = anyPartial.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await removeIfAllowed(join(folder, name));
  }
}

/** True while a process has this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

async function removeIfAllowed(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code))) throw error;
  }
}
