// Gives one file the ids that follow from what it was before. Done again it gives the same. Owner first, since chown clears
// set-id bits and capabilities; then mode, then attributes.

import { chmodSync } from 'node:fs';
import { chownPinned, type Pinned, type PinnedStatus, pinnedPath, setPinned } from '../../../native/pinned.ts';
import type { Before, Journal } from './journal.ts';
import { newAttribute, newId } from './translation.ts';
import { isDirectory, isSymlink } from './walk.ts';

const setIdBits = 0o6000;
const typeBits = 0o170000;

/** False when the file is not the one of the journal, or was changed by others since: it is then left as it is. */
export function applyShift(
  file: Pinned,
  status: PinnedStatus,
  before: Before,
  { from, to }: Pick<Journal, 'from' | 'to'>,
): boolean {
  const map = (kind: 'uid' | 'gid', id: number) => {
    const found = newId(kind, id, from, to);
    if (typeof found !== 'number') throw new TypeError(`${kind} ${id} was found to have a place`);
    return found;
  };
  const [uid, gid] = [map('uid', before.uid), map('gid', before.gid)];
  const isBefore = status.uid === before.uid && status.gid === before.gid;
  const isAfter = status.uid === uid && status.gid === gid;
  const isSame = status.born === before.born && (status.mode & typeBits) === (before.mode & typeBits);
  if (!isSame || !(isBefore || isAfter)) return false;
  if (!isAfter) chownPinned(file, uid, gid);
  if (hasSetId(before)) chmodSync(pinnedPath(file), before.mode & 0o7777);
  for (const [name, value] of before.attributes) setPinned(file, name, newAttribute(name, value, map, from));
  return true;
}

function hasSetId(before: Before): boolean {
  return (before.mode & setIdBits) !== 0 && !isSymlink(before) && !isDirectory(before);
}
