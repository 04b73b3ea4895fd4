// Explains before the kernel refuses: which owner of an image's file does not exist in the container. Pure.

import { CooperError } from '../../errors/index.ts';
import type { TarEntry } from '../../image/index.ts';
import { aclIds, isAccessList } from '../../image/tree/xattr-ids.ts';
import type { IdMap, IdRange } from '../../native/index.ts';
import { widerMap } from '../container/wider-map.ts';

type Owned = Pick<TarEntry, 'name' | 'uid' | 'gid' | 'xattrs'>;

/** Throws `id-outside-map` when an entry's owner or group, or one in its access lists, has no place in the map. */
export function requireMapped(entry: Owned, ids: IdMap): void {
  requireOne(entry, 'uid', entry.uid, ids.uid, 'belongs to');
  requireOne(entry, 'gid', entry.gid, ids.gid, 'belongs to');
  for (const [name, value] of entry.xattrs) {
    if (isAccessList(name)) for (const { kind, id } of aclIds(value)) requireOne(entry, kind, id, ids[kind], 'lets in');
  }
}

function requireOne(
  entry: Pick<TarEntry, 'name'>,
  kind: keyof IdMap,
  id: number,
  ranges: readonly IdRange[],
  how: string,
): void {
  if (ranges.some(({ inside, count }) => id >= inside && id < inside + count)) return;
  const held = ranges.map(({ inside, count }) => `${inside}–${inside + count - 1}`).join(', ');
  const next = widerMap(kind, id, ranges);
  throw new CooperError('id-outside-map', {
    what: `${entry.name.toString('utf8')} ${how} ${kind === 'uid' ? 'user' : 'group'} ${id}, but the container has only ${held}`,
    ...(next === undefined ? {} : { next }),
  });
}
