// Looks at a folder that need not be there: the mount that it is on or would be on, rights, room.

import { constants, existsSync } from 'node:fs';
import { realpath, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Mount, mountOf } from '../../../native/index.ts';
import type { FolderFacts } from '../facts.ts';
import { mayAccess } from './try.ts';

/** `path` is absolute. A folder behind one that may not be entered counts as not there. */
export async function lookAtFolder(path: string, mounts: readonly Mount[]): Promise<FolderFacts> {
  const existing = nearestOf(path);
  const { bavail, bsize, files, ffree } = await statfs(existing);
  const mount = mountOf(mounts, await realpath(existing));
  return {
    path,
    existing,
    writable: await mayAccess(existing, constants.W_OK | constants.X_OK),
    mount: mount && { target: mount.target, type: mount.type, flags: mount.flags },
    free: bavail * bsize,
    freeInodes: files === 0 ? undefined : ffree,
  };
}

function nearestOf(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestOf(dirname(path));
}
