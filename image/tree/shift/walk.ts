// Walks a tree by descriptors, each one opened below the last: whoever changes names meanwhile cannot lead it out of the tree.
// Stays on the mount and the file system of the root.

import { closeSync, constants, readdirSync } from 'node:fs';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { openPinned, type Pinned, type PinnedStatus, pinnedPath, statPinned } from '../../../native/pinned.ts';
import { type BytePath, fsPath, joinPath, rootPath, shownPath } from '../byte-path.ts';
import { draftName, journalName } from './journal-file.ts';

/** A file of the tree, held until the walk goes on. */
export interface PinnedNode {
  readonly file: Pinned;
  readonly path: BytePath;
  readonly status: PinnedStatus;
}

// Each level holds a descriptor, of which a process has a thousand or more.
const deepest = 500;

/**
 * Yields the root and everything below, a directory before its content, a file under each of its names. `onMount` is told what
 * lies on another mount or file system, and is left out. Throws `shift-refused` for a tree too deep to be real.
 */
export function* walkPinned(root: Pinned, onMount: (path: BytePath) => void): Generator<PinnedNode> {
  const status = statPinned(root);
  const isElsewhere = ({ device, mount }: PinnedStatus) => device !== status.device || mount !== status.mount;
  yield { file: root, path: rootPath, status };
  yield* walkBelow(root, rootPath, 1);

  function* walkBelow(directory: Pinned, path: BytePath, depth: number): Generator<PinnedNode> {
    if (depth > deepest) {
      const what = `the tree is more than ${deepest} folders deep at ${shownPath(path).slice(0, 60)}…`;
      throw new CooperError('shift-refused', {
        what,
        next: 'Remove what is so deep: no root filesystem has such folders.',
      });
    }
    for (const name of readdirSync(pinnedPath(directory), 'latin1')) {
      if (depth === 1 && (name === journalName || name === draftName)) continue;
      const file = openChild(directory, name);
      if (file === undefined) continue;
      try {
        const node = { file, path: joinPath(path, name), status: statPinned(file) };
        if (isElsewhere(node.status)) {
          onMount(node.path);
          continue;
        }
        yield node;
        if (isDirectory(node.status)) yield* walkBelow(file, node.path, depth + 1);
      } finally {
        closeSync(file);
      }
    }
  }
}

/** True for a directory. */
export function isDirectory({ mode }: Pick<PinnedStatus, 'mode'>): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

/** True for a symbolic link. */
export function isSymlink({ mode }: Pick<PinnedStatus, 'mode'>): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFLNK;
}

/** What has gone since its folder was read is no part of the tree any more. */
function openChild(directory: Pinned, name: string): Pinned | undefined {
  try {
    return openPinned(directory, fsPath(name as BytePath));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
