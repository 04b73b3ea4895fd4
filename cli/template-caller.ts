// Who calls the LXC template: LXC runs it for containers with an id map as root of a user namespace, and says with --mapped-uid and
// --mapped-gid who has called there.

import { ownNamespace } from '../native/index.ts';

/** Options that LXC adds at the end of the template's command line. */
export interface MappedCaller {
  readonly mappedUid?: string;
  readonly mappedGid?: string;
}

/** The ids of the caller in this namespace; undefined where it is the process itself. */
export function mappedCaller({
  mappedUid,
  mappedGid,
}: MappedCaller): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = [mappedUid, mappedGid].map((text) => (/^\d{1,10}$/.test(text ?? '') ? Number(text) : undefined));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The uid of whoever uses the program, as the surrounding namespace has it. */
export function uidOnHost(options: MappedCaller): number | undefined {
  const caller = mappedCaller(options);
  const namespace = caller && ownNamespace();
  if (caller === undefined || namespace === undefined || namespace === 'host') return process.getuid?.();
  const range = namespace.uid.find(({ inside, count }) => caller.uid >= inside && caller.uid < inside + count);
  return range && range.outside + caller.uid - range.inside;
}
