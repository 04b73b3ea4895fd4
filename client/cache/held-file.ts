// A file that is held open, and may have been put elsewhere or removed under its name meanwhile.

import { type FileHandle, stat } from 'node:fs/promises';
import { isSystemError } from '../../errors/index.ts';

/** Whether the open file still is the one of that name. To be asked once its lock is held: only then it stays so. */
export async function isStill(handle: FileHandle, file: string): Promise<boolean> {
  const held = await handle.stat();
  const there = await stat(file).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  return there?.ino === held.ino && there.dev === held.dev;
}
