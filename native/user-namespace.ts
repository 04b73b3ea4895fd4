// The user namespace in which this process is, and the two users that it is there: root, who may set up boxes, and the one who
// has called, to whom belongs what is written. lxc-create runs its templates so (docs/lxc-template.md).

import { readFileSync } from 'node:fs';
import type { IdMap, IdRange } from './idmap-types.ts';
import type { Caller } from './subids.ts';

/** The ranges of a map in the kernel's form (user_namespaces(7)). Pure. */
export function parseKernelMap(text: string): IdRange[] {
  return [...text.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/gm)].map(([, inside, outside, count]) => ({
    inside: Number(inside),
    outside: Number(outside),
    count: Number(count),
  }));
}

/** The map of this process' user namespace; `host` where all ids are what they are. */
export function ownNamespace(): IdMap | 'host' {
  const [uid, gid] = ['uid_map', 'gid_map'].map((file) => parseKernelMap(readFileSync(`/proc/self/${file}`, 'utf8')));
  if (uid === undefined || gid === undefined || [...uid, ...gid].every(isWhole)) return 'host';
  return { uid, gid };
}

function isWhole({ inside, outside, count }: IdRange): boolean {
  return inside === 0 && outside === 0 && count === 0xffff_ffff;
}

/** The same ids once more, unchanged: the map of a namespace in a namespace. Pure. */
export function unchangedIds(map: IdMap): IdMap {
  const unchanged = (ranges: readonly IdRange[]) => ranges.map((range) => ({ ...range, outside: range.inside }));
  return { uid: unchanged(map.uid), gid: unchanged(map.gid) };
}

/** From now on this process, root so far, is the user for all that goes by ids: files, signals, locks. Its boxes stay root's. */
export function stepDown({ uid, gid }: Caller): void {
  process.setegid?.(gid);
  process.seteuid?.(uid);
}

/** Ids for a child that is to be root though this process has stepped down; none where it has not. */
export function rootAgain(): { readonly uid?: 0; readonly gid?: 0 } {
  return process.getuid?.() === 0 && process.geteuid?.() !== 0 ? { uid: 0, gid: 0 } : {};
}
