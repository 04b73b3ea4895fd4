// Where directories are written to: on disk and in memory.

import { existsSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** A folder of a file system, by its type. */
export interface Place {
  readonly type: string;
  readonly path: string;
}

/** By the numbers of statfs(2). */
const types: ReadonlyMap<number, string> = new Map([
  [0xef53, 'ext4'],
  [0x01021994, 'tmpfs'],
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
]);

/** One folder on disk and one in memory, named by the file systems that they are found to be on. */
export function fileSystems(): readonly Place[] {
  const found = new Map<string, string>();
  for (const path of ['/var/tmp', tmpdir(), '/dev/shm']) {
    const type = types.get(statfsSync(path).type) ?? 'other';
    if (!found.has(type)) found.set(type, path);
  }
  return [...found].map(([type, path]) => ({ type, path }));
}

/**
 * Removes what a run has made. ext4 goes round inodes that were freed less than five seconds ago (recently_deleted in
 * fs/ext4/ialloc.c), one by one: that is the cost of what was removed, not of what is made.
 */
export async function removeAndSettle(paths: readonly string[], { type }: Pick<Place, 'type'>): Promise<void> {
  const there = paths.filter((path) => existsSync(path));
  for (const path of there) rmSync(path, { recursive: true });
  if (there.length > 0 && type === 'ext4') await pause(6000);
}
