// From the ids that a tree has to those that it is to have: host id → id in the container → host id. Pure.

import type { IdMap, IdRange } from '../../../native/index.ts';
import { capabilities, mapAclIds, mapCapabilityRoot } from '../xattr-ids.ts';

/** The map under which a tree is used; `host`: ids are what they are. */
export type TreeIds = IdMap | 'host';

/** An id that one of the maps does not have. */
export interface MissingId {
  readonly kind: 'uid' | 'gid';
  /** `from`: `id` is one of the host that the old map does not give out. `to`: one of the container that the new map lacks. */
  readonly side: 'from' | 'to';
  readonly id: number;
}

/** The id after the change, or what is missing for it. */
export function newId(kind: 'uid' | 'gid', id: number, from: TreeIds, to: TreeIds): number | MissingId {
  const inside = from === 'host' ? id : through(from[kind], 'outside', 'inside', id);
  if (inside === undefined) return { kind, side: 'from', id };
  return (to === 'host' ? inside : through(to[kind], 'inside', 'outside', inside)) ?? { kind, side: 'to', id: inside };
}

function through(
  ranges: readonly IdRange[],
  side: 'inside' | 'outside',
  other: 'inside' | 'outside',
  id: number,
): number | undefined {
  const range = ranges.find((candidate) => id >= candidate[side] && id < candidate[side] + candidate.count);
  return range && id - range[side] + range[other];
}

/**
 * The value of an attribute with ids in it after the change. Capabilities of the host's own root in a tree whose map does not
 * have that root hold in every namespace and stay as they are.
 */
export function newAttribute(
  name: string,
  value: Buffer,
  map: (kind: 'uid' | 'gid', id: number) => number,
  from: TreeIds,
): Buffer {
  if (name !== capabilities) return mapAclIds(value, map);
  const hostRoot = from !== 'host' && through(from.uid, 'outside', 'inside', 0) === undefined;
  return mapCapabilityRoot(value, (root) => (root === 0 && hostRoot ? 0 : map('uid', root)));
}
