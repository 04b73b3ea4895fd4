// Durable writing for a publish: what is renamed into place has reached the disk before, name and contents.

import { open, readdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a new file, mode 0644, and waits until it is on disk. Fails when it exists. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until a file or the names in a directory are on disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the names of a directory and of all directories below are on disk. */
export async function syncDirectories(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncDirectories(join(path, entry.name));
  }
  await syncPath(path);
}

/** Renames and waits until the new name is on disk. Atomic; both must be on one file system. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Points the symlink `path` to `target`, atomically, by way of `temporary`, which must not exist. */
export async function flipSymlink(path: string, target: string, temporary: string): Promise<void> {
  await symlink(target, temporary);
  await renameDurably(temporary, path);
}
