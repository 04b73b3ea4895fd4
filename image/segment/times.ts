// Decides the times of entries, so that a segment keeps its bytes while the packages in it stay the same: what a build itself
// has written for a package would otherwise carry the time of each build (docs/SEGMENTS.md, "Times").

import type { TarEntry } from '../tar/entry.ts';
import type { EntryOwner } from './entry.ts';
import type { LinkedNode } from './hard-links.ts';
import { layersOf } from './order.ts';

/**
 * The same nodes in the same order, with whole seconds. Directories, devices and links of the residue have the build epoch
 * (seconds since 1970); in a tree in which no package has anything, links keep their times. What a package owns and the build has written or changed, so that it is not older than the epoch, has
 * the time of that package's newest older file. All else keeps its time, which is clamped to the epoch. Hard links have the
 * time of their target; comes after `settleHardLinks`.
 */
export function settleTimes<T extends LinkedNode>(nodes: readonly T[], epoch: number): T[] {
  const newest = newestTimes(nodes, epoch);
  const residue = layersOf(nodes) > 0;
  const timeOf = ({ entry, owner }: LinkedNode) => {
    const fixed =
      entry.type === 'directory' || entry.device !== undefined || (entry.type === 'symlink' && residue && !owner);
    if (!fixed && entry.mtime.seconds < epoch) return entry.mtime.seconds;
    return (fixed ? undefined : newest.get(packageKey(owner))) ?? epoch;
  };
  const files = nodes.filter(({ entry }) => entry.type === 'file');
  const times = new Map(files.map((node) => [key(node.entry.name), timeOf(node)]));
  return nodes.map((node) => {
    const target = node.entry.type === 'hardlink' ? times.get(key(node.entry.linkName)) : undefined;
    return { ...node, entry: withTime(node.entry, target ?? timeOf(node)) };
  });
}

// The newest time below the epoch of each package's files.
function newestTimes(nodes: readonly LinkedNode[], epoch: number): ReadonlyMap<string | undefined, number> {
  const newest = new Map<string | undefined, number>();
  for (const { entry, owner } of nodes) {
    const owned = packageKey(owner);
    const { seconds } = entry.mtime;
    if (owned === undefined || entry.type !== 'file' || seconds >= epoch) continue;
    newest.set(owned, Math.max(seconds, newest.get(owned) ?? seconds));
  }
  return newest;
}

function packageKey(owner: EntryOwner | undefined): string | undefined {
  return owner === undefined ? undefined : `${owner.source}\n${owner.package}`;
}

function withTime(entry: TarEntry, seconds: number): TarEntry {
  return { ...entry, mtime: { seconds, nanoseconds: 0 } };
}

function key(name: Buffer): string {
  return name.toString('latin1');
}
