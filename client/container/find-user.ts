// Who a program of a container runs as: found in the container's own account files, never in the host's, and within its id map.

import { CooperError } from '../../errors/index.ts';
import { type IdRange, runWorker, workerIdMap } from '../../native/index.ts';
import type { RunUser, UserWords } from '../../provision/index.ts';
import { boxIdMap, type ContainerRoot } from './box.ts';

/** What user-worker.ts is asked. */
export interface UserRequest extends UserWords {
  /** Absolute path. */
  readonly rootfs: string;
}

/** The user of `NAME`, `UID` or either with `:GROUP`. Throws `user-unknown`; the signal's reason. */
export async function findUser(container: ContainerRoot, word: string, signal: AbortSignal): Promise<RunUser> {
  const [user = '', group] = word.split(':');
  const { rootfs } = container;
  const map = boxIdMap(container);
  const request: UserRequest = { rootfs, user, ...(group === undefined ? {} : { group }) };
  const { response } = await runWorker<RunUser>('client/container/user-worker', request, {
    idMap: workerIdMap(map),
    binds: [{ path: rootfs, readOnly: true }],
    signal,
  });
  requireMapped('uid', [response.uid], map.uid);
  requireMapped('gid', [response.gid, ...response.groups], map.gid);
  return response;
}

function requireMapped(kind: 'uid' | 'gid', ids: readonly number[], ranges: readonly IdRange[]): void {
  const outside = ids.find((id) => !ranges.some(({ inside, count }) => id >= inside && id < inside + count));
  if (outside === undefined) return;
  throw new CooperError('user-unknown', { what: `the id map of the container has no ${kind} ${outside}` });
}
