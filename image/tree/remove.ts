// Removes a tree, also folders without write permission. Never follows a symbolic link.

import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { isSystemError } from '../../errors/index.ts';
import { type BytePath, bytePath, fsPath, joinPath } from './byte-path.ts';

/** Removes `path` with everything in it; nothing there is fine. Foreign owners need the tree's user namespace. */
export function removeTree(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) unlinkSync(path);
  else {
    removeChildren(bytePath(path));
    rmdirSync(path);
  }
}

function removeChildren(directory: BytePath): void {
  const children = opening(directory, () =>
    readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' }),
  );
  for (const child of children) {
    const path = joinPath(directory, child.name);
    if (child.isDirectory()) {
      removeChildren(path);
      opening(directory, () => rmdirSync(fsPath(path)));
    } else opening(directory, () => unlinkSync(fsPath(path)));
  }
}

// A directory such as 0555 keeps its owner from removing what is in it: on refusal it is opened up once.
function opening<T>(directory: BytePath, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isSystemError(error, 'EACCES') && !isSystemError(error, 'EPERM')) throw error;
    chmodSync(fsPath(directory), 0o700);
    return work();
  }
}
