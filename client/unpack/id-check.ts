// Explains before the kernel refuses: which owner of an image's file does not exist in the container. Pure.

import { CooperError } from '../../errors/index.ts';
import type { TarEntry } from '../../image/index.ts';
import type { IdMap, IdRange } from '../../native/index.ts';

/** Throws `id-outside-map` when an entry's owner or group has no place in the map. */
export function requireMapped(entry: Pick<TarEntry, 'name' | 'uid' | 'gid'>, ids: IdMap): void {
  requireOne(entry, 'user', entry.uid, ids.uid);
  requireOne(entry, 'group', entry.gid, ids.gid);
}

function requireOne(entry: Pick<TarEntry, 'name'>, kind: string, id: number, ranges: readonly IdRange[]): void {
  if (ranges.some(({ inside, count }) => id >= inside && id < inside + count)) return;
  const held = ranges.map(({ inside, count }) => `${inside}–${inside + count - 1}`).join(', ');
  throw new CooperError('id-outside-map', {
    what: `${entry.name.toString('utf8')} belongs to ${kind} ${id}, but the container has only ${held}`,
  });
}
