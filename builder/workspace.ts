// The folder of a build that is under way: its root, its output and its lock. It goes away with the build; what a killed
// build has left is removed by the next one. The kernel holds the lock, so that whoever has it is alive; two builds never
// share a workspace nor remove the same one.

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../errors/index.ts';
import { removeForeignTree } from '../image/index.ts';
import { flock, type IdMap } from '../native/index.ts';

/** An open workspace. `remove` is safe to call twice. */
export interface Workspace {
  readonly path: string;
  /** Makes an empty folder `<path>/<name>` for files of the caller. */
  readonly folder: (name: string) => string;
  /** Makes an empty folder that belongs to root of the id map. */
  readonly innerFolder: (name: string) => string;
  readonly remove: () => Promise<void>;
  /** Leaves it where it is, for good: no build removes it any more. Nothing can be done with it afterwards. */
  readonly keep: () => void;
}

// Beside the folder, not in it: it has to outlast it.
const lockSuffix = '.lock';

/**
 * Opens a new workspace below `buildsDir`, after removing those whose process has gone. `mode`: of `buildsDir`, when it is
 * not there yet.
 */
export async function openWorkspace(buildsDir: string, idMap: IdMap, mode = 0o755): Promise<Workspace> {
  mkdirSync(buildsDir, { recursive: true, mode });
  await removeAbandoned(buildsDir, idMap);
  const path = join(buildsDir, `${process.pid}-${randomBytes(4).toString('hex')}`);
  const lock = take(`${path}${lockSuffix}`);
  mkdirSync(path, { mode: 0o755 });
  const folder = (name: string): string => {
    mkdirSync(join(path, name), { recursive: true, mode: 0o755 });
    return join(path, name);
  };
  const innerFolder = (name: string): string => {
    const made = folder(name);
    chmodSync(made, 0o755);
    if (process.getuid?.() === 0) chownSync(made, outsideRoot(idMap.uid), outsideRoot(idMap.gid));
    return made;
  };
  let open = true;
  const remove = async (): Promise<void> => {
    if (!open) return;
    open = false;
    try {
      await removeForeignTree(path, idMap);
      rmSync(`${path}${lockSuffix}`, { force: true });
    } finally {
      closeSync(lock);
    }
  };
  const keep = (): void => {
    if (!open) return;
    open = false;
    rmSync(`${path}${lockSuffix}`, { force: true });
    closeSync(lock);
  };
  return { path, folder, innerFolder, remove, keep };
}

/** Removes the workspaces below `buildsDir` whose process has gone. */
export async function removeAbandoned(buildsDir: string, idMap: IdMap): Promise<void> {
  for (const name of lockNames(buildsDir)) await removeUnlessHeld(join(buildsDir, name), idMap);
}

/** Removes a folder of workspaces when nothing is in it; nothing there is fine. */
export function removeWhenEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY') && !isSystemError(error, 'ENOENT')) throw error;
  }
}

function outsideRoot(ranges: IdMap['uid']): number {
  return ranges.find(({ inside }) => inside === 0)?.outside ?? 0;
}

// A folder in memory goes away with the last workspace in it.
function lockNames(buildsDir: string): readonly string[] {
  try {
    return readdirSync(buildsDir).filter((name) => name.endsWith(lockSuffix));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

// Between opening and locking another build may take the file for an abandoned one and remove it: then again.
function take(lockFile: string): number {
  for (;;) {
    const fd = openSync(lockFile, 'w', 0o600);
    const there = flock(fd, 'exclusive', true) && statSync(lockFile, { throwIfNoEntry: false });
    if (there && there.ino === fstatSync(fd).ino) return fd;
    closeSync(fd);
  }
}

/** Removes a workspace and its lock when nobody holds the lock; a build that is under way keeps both. */
async function removeUnlessHeld(lockFile: string, idMap: IdMap): Promise<void> {
  let fd: number;
  try {
    fd = openSync(lockFile, 'r');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  try {
    if (!flock(fd, 'exclusive', true)) return;
    await removeForeignTree(lockFile.slice(0, -lockSuffix.length), idMap);
    rmSync(lockFile, { force: true });
  } finally {
    closeSync(fd);
  }
}
