// The journal of a change of ids in the root folder of the tree, where it stays with the tree whatever the tree is called. It
// appears by rename when it is on the disk. Refuses one that somebody else could have written. Only whoever moves the tree writes here.

import { closeSync, constants, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { type Pinned, pinnedPath, statPinned, syncFileSystem } from '../../../native/pinned.ts';
import { lutimesNs } from '../../../native/sys.ts';
import { formatJournal, type Journal, parseJournal } from './journal.ts';

/** Names in the root folder that are no part of the tree. */
export const journalName = '.cooper-shift';
/** One that is not whole: nothing has been changed yet. */
export const draftName = '.cooper-shift.new';

/** The journal of an earlier run that has not come to its end. Throws `shift-unfinished`. */
export function readJournal(root: Pinned): Journal | undefined {
  return withFile(root, journalName, (fd) => parseJournal(readFileSync(fd, 'utf8'), journalName));
}

/** Writes it, so that it is on the disk before this returns. */
export function writeJournal(root: Pinned, journal: Journal): void {
  removeDraft(root);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(place(root, draftName), flags, 0o600);
  try {
    // The time of the folder must not be lost if this is all that happens.
    restoreTime(root, journal);
    writeFileSync(fd, formatJournal(journal));
    fsyncSync(fd);
    renameSync(place(root, draftName), place(root, journalName));
    syncFolder(root, fsyncSync);
  } catch (error) {
    rmSync(place(root, draftName), { force: true });
    throw error;
  } finally {
    closeSync(fd);
    restoreTime(root, journal);
  }
}

/** Removes it once all that it was for is on the disk. */
export function removeJournal(root: Pinned, journal: Journal): void {
  syncFolder(root, syncFileSystem);
  rmSync(place(root, journalName));
  restoreTime(root, journal);
  syncFolder(root, fsyncSync);
}

function removeDraft(root: Pinned): void {
  if (withFile(root, draftName, () => true) === true) rmSync(place(root, draftName));
}

/** Opens a file of ours: what the root of the container could have put there is not. */
function withFile<T>(root: Pinned, name: string, work: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(place(root, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (isSystemError(error, 'ELOOP') || isSystemError(error, 'ENXIO')) throw foreign(name);
    throw error;
  }
  try {
    const { uid, links, mode } = statPinned(fd as Pinned);
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isFile || uid !== process.geteuid?.() || links !== 1) throw foreign(name);
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function foreign(name: string): CooperError {
  return new CooperError('shift-unfinished', {
    what: `the tree has a ${name} that was not written by this user's cooper shift`,
    next: 'When another user has begun the change, let that user finish it; otherwise remove the file.',
  });
}

function syncFolder(root: Pinned, sync: (fd: number) => void): void {
  const fd = openSync(place(root, '.'), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

function restoreTime(root: Pinned, { mtime }: Journal): void {
  lutimesNs(place(root, '.'), mtime.seconds, mtime.nanoseconds);
}

function place(root: Pinned, name: string): string {
  return `${pinnedPath(root)}/${name}`;
}
