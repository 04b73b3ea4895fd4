// Worker: moves a tree to other ids, holding the old and the new ones. Looks at everything first, writes the journal, changes,
// removes the journal.

import { closeSync } from 'node:fs';
import { CooperError, explainSystemError } from '../../../errors/index.ts';
import { openPinned, type Pinned, statPinned } from '../../../native/pinned.ts';
import { serveWorker } from '../../../native/worker-main.ts';
import { shownPath } from '../byte-path.ts';
import { applyShift } from './apply.ts';
import type { Journal } from './journal.ts';
import { readJournal, removeJournal, writeJournal } from './journal-file.ts';
import type { ShiftAnswer, ShiftProgress, ShiftRequest } from './shift.ts';
import { type Survey, surveyTree } from './survey.ts';
import { newId, type TreeIds } from './translation.ts';
import { isDirectory, walkPinned } from './walk.ts';

const progressStep = 2000;
const shownNames = 5;

type Tell = (progress: ShiftProgress) => void;

function shift(root: Pinned, request: ShiftRequest, tell: Tell): ShiftAnswer {
  const { from, to, dryRun } = request;
  const unfinished = readJournal(root);
  if (unfinished !== undefined) {
    const isOurs = JSON.stringify([unfinished.from, unfinished.to]) === JSON.stringify([from, to]);
    if (!isOurs) return { kind: 'other', from: unfinished.from, to: unfinished.to };
    const mounts = dryRun ? [] : goingOn(() => changeTree(root, unfinished, tell));
    const { size } = unfinished.files;
    return { kind: 'done', files: size, changes: size, mounts, resumed: true, already: false };
  }
  const { mtime, ...status } = statPinned(root);
  if (isAt(status, to) && !isAt(status, from)) {
    // A run may have been killed when all was done; another one must not begin again.
    const { files, obstacles, mounts } = look(root, to, to, tell);
    const answer = { kind: 'done', files: files.size, changes: 0, mounts, resumed: false, already: true } as const;
    if (obstacles.missing.length === 0) return answer;
  }
  const { files, changes, obstacles, mounts } = look(root, from, to, tell);
  const { missing, locked, shared } = obstacles;
  if (missing.length + locked.count + shared.count > 0) return { kind: 'refused', obstacles };
  if (!dryRun && changes > 0) {
    const journal = { from, to, mtime, files };
    writeJournal(root, journal);
    goingOn(() => changeTree(root, journal, tell));
  }
  return { kind: 'done', files: files.size, changes, mounts, resumed: false, already: false };
}

function look(root: Pinned, from: TreeIds, to: TreeIds, tell: Tell): Survey & { readonly mounts: string[] } {
  const mounts: string[] = [];
  const nodes = walkPinned(root, (path) => mounts.push(shownPath(path)));
  const survey = surveyTree(nodes, from, to, (count) => {
    if (count % progressStep === 0) tell({ step: 'look', done: count, total: 0 });
  });
  return { ...survey, mounts };
}

/** The root folder of a root filesystem belongs to its root, which tells maps apart that overlap. */
function isAt({ uid, gid }: { readonly uid: number; readonly gid: number }, ids: TreeIds): boolean {
  return uid === newId('uid', 0, 'host', ids) && gid === newId('gid', 0, 'host', ids);
}

/** Changes every file of the journal and removes it. Gives the mounts that were left alone. */
function changeTree(root: Pinned, journal: Journal, tell: Tell): string[] {
  const mounts: string[] = [];
  const strangers: string[] = [];
  const done = new Set<bigint>();
  for (const { file, path, status } of walkPinned(root, (at) => mounts.push(shownPath(at)))) {
    if (done.has(status.inode)) continue;
    done.add(status.inode);
    const before = journal.files.get(status.inode);
    const changed =
      before !== undefined &&
      goingOn(() => applyShift(file, status, before, journal), JSON.stringify(shownPath(path) || '.'));
    if (!changed) strangers.push(shownPath(path));
    if (done.size % progressStep === 0) tell({ step: 'change', done: done.size, total: journal.files.size });
  }
  if (strangers.length > 0) {
    throw new CooperError('shift-tree-changed', {
      what: `${strangers.length} files have come or were changed since the change of ids began`,
      lines: strangers.slice(0, shownNames),
    });
  }
  removeJournal(root, journal);
  return mounts;
}

/** What fails from the first change on: the journal stays, and the next run goes on. */
function goingOn<T>(work: () => T, path = 'the tree'): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CooperError('shift-stopped', {
      what: `${path} could not be changed: ${error.message}`,
      cause: error,
    });
  }
}

serveWorker<ShiftRequest, ShiftAnswer>((request, tell) => {
  const root = openPinned('path', request.folder);
  try {
    if (!isDirectory(statPinned(root))) throw new CooperError('shift-refused', { what: 'the tree is no folder' });
    return shift(root, request, tell);
  } catch (error) {
    throw unchanged(error);
  } finally {
    closeSync(root);
  }
});

/** What fails before the first change. */
function unchanged(error: unknown): unknown {
  const explained = explainSystemError(error, 'writing the journal; nothing was changed');
  if (explained !== error || !(error instanceof Error && 'syscall' in error)) return explained;
  return new CooperError('shift-refused', { what: `nothing was changed: ${error.message}`, cause: error });
}
