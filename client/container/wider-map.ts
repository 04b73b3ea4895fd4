// What is to be added to a map that lacks an id of the container, in words that can be copied. Pure.

import { type IdMap, type IdRange, largestId } from '../../native/idmap-types.ts';

/** Ranges are handed out in such steps. */
const step = 65_536;

/**
 * The range that would have `id`: it closes the hole in which the id is, or goes on behind the last range, and takes host ids behind
 * all that the map has. Undefined when there are no host ids left.
 */
export function rangeFor(id: number, ranges: readonly IdRange[]): IdRange | undefined {
  const below = ranges.filter((range) => range.inside <= id).map((range) => range.inside + range.count);
  const above = ranges.filter((range) => range.inside > id).map((range) => range.inside);
  const inside = Math.max(0, ...below);
  const outside = Math.max(0, ...ranges.map((range) => range.outside + range.count));
  const end = Math.min(inside + Math.ceil((id + 1 - inside) / step) * step, ...above);
  const count = Math.min(end - inside, largestId + 1 - outside);
  return inside + count > id ? { inside, outside, count } : undefined;
}

/** The advice for an id that a container's map lacks: the line of its config, and what root does for it. */
export function widerMap(kind: keyof IdMap, id: number, ranges: readonly IdRange[]): string | undefined {
  const range = rangeFor(id, ranges);
  if (range === undefined) return undefined;
  const { inside, outside, count } = range;
  const option = kind === 'uid' ? '--add-subuids' : '--add-subgids';
  const line = `lxc.idmap = ${kind[0]} ${inside} ${outside} ${count}`;
  return `Map it too, with \`${line}\`; as root: usermod ${option} ${outside}-${outside + count - 1} USER`;
}
