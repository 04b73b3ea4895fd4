// Explains what stands against moving a tree to another id map: which ids the maps lack and what would have them, which files cannot
// or should not be changed. Pure.

import { CooperError } from '../../errors/index.ts';
import type { MissingOwner, Obstacles, Sample, TreeIds } from '../../image/index.ts';
import { idMapText } from '../container/idmap-text.ts';
import { rangeFor } from '../container/wider-map.ts';

const shownIds = 10;

/** `hostId`: of an id that the worker saw; undefined when it could not tell whose it is. */
export function shiftRefusal(
  { missing, locked, shared }: Obstacles,
  { from, to }: { readonly from: TreeIds; readonly to: TreeIds },
  hostId: (kind: 'uid' | 'gid', id: number) => number | undefined,
): CooperError {
  if (missing.length > 0) {
    const told = missing.slice(0, shownIds).map((owner) => missingLine(owner, { from, to }, hostId));
    const more = missing.length > shownIds ? [`and ${missing.length - shownIds} more ids`] : [];
    return new CooperError('owner-not-mapped', {
      what: 'nothing was changed: files have ids that the maps do not have',
      lines: [...told, ...more],
      next: 'Give --from the map that the tree has now, and --to one with all ids of it; or change the owners of these files.',
    });
  }
  const lines = [
    ...sampleLine(locked, 'are immutable or append-only: chattr -i -a FILE'),
    ...sampleLine(shared, 'have further names outside of the tree, where they would change too: copy them'),
  ];
  return new CooperError('shift-refused', { what: 'nothing was changed: files stand against it', lines });
}

/** The refusal of other maps than those of a run that was interrupted. */
export function unfinishedRefusal(folder: string, from: TreeIds, to: TreeIds): CooperError {
  return new CooperError('shift-unfinished', {
    what: `${folder} is half-way from one map to another, not from and to the ones given`,
    next: `Finish that first: cooper shift ${folder} --from ${idMapText(from)} --to ${idMapText(to)}`,
  });
}

function missingLine(
  { kind, side, id, ...files }: MissingOwner,
  maps: { readonly from: TreeIds; readonly to: TreeIds },
  hostId: (kind: 'uid' | 'gid', id: number) => number | undefined,
): string {
  const map = maps[side];
  const ranges = map === 'host' ? [] : map[kind];
  const name = kind === 'uid' ? 'user' : 'group';
  if (side === 'from') {
    const held = ranges.map(({ outside, count }) => `${outside}–${outside + count - 1}`).join(', ');
    return `${name} ${hostId(kind, id) ?? '(not one of yours)'} of the host, ${fileWords(files)}: --from has ${held}`;
  }
  const held = ranges.map(({ inside, count }) => `${inside}–${inside + count - 1}`).join(', ');
  const range = rangeFor(id, ranges);
  const fix = range && `; ${kind[0]}:${range.inside}:${range.outside}:${range.count} would have it`;
  return `${name} ${id} of the container, ${fileWords(files)}: --to has ${held}${fix ?? ''}`;
}

function sampleLine(sample: Sample, how: string): string[] {
  return sample.count === 0 ? [] : [`${fileWords(sample)} ${how}`];
}

function fileWords({ count, first }: Sample): string {
  const names = first.map((name) => JSON.stringify(name)).join(', ');
  return `${count} file${count === 1 ? '' : 's'} (${names}${count > first.length ? ', …' : ''})`;
}
