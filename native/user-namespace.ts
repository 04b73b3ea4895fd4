// The user namespace in which this process is.

import { readFileSync } from 'node:fs';
import type { IdMap, IdRange } from './idmap-types.ts';

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
