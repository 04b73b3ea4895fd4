// Who calls the LXC template: LXC runs it for containers with an id map as root of a user namespace, and says with --mapped-uid and
// --mapped-gid who has called there. Elsewhere these say nothing.

import { type IdMap, type IdRange, ownNamespace } from '../native/index.ts';

/** Options that LXC adds at the end of the template's command line. */
export interface MappedIds {
  readonly mappedUid?: string;
  readonly mappedGid?: string;
}

/** The caller's ids in the namespace, and the uid outside of it. */
export interface MappedCaller {
  readonly uid: number;
  readonly gid: number;
  readonly outerUid: number;
}

/** Undefined where the caller is the process itself. */
export function mappedCaller({ mappedUid, mappedGid }: MappedIds, within?: IdMap | 'host'): MappedCaller | undefined {
  if (mappedUid === undefined || mappedGid === undefined) return undefined;
  const namespace = within ?? ownNamespace();
  if (namespace === 'host') return undefined;
  const [uid, gid] = [mapped(mappedUid, namespace.uid), mapped(mappedGid, namespace.gid)];
  return uid && gid && { uid: uid.inside, gid: gid.inside, outerUid: uid.outside };
}

function mapped(text: string, ranges: readonly IdRange[]): Omit<IdRange, 'count'> | undefined {
  const inside = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  const range = ranges.find((each) => inside >= each.inside && inside < each.inside + each.count);
  return range && { inside, outside: range.outside + inside - range.inside };
}
