// Where a container comes into being: in a folder of its own, or in the one that lxc-create has prepared. The only file that tells
// the two apart; the steps of the making are the same.

import type { IdMap } from '../../native/index.ts';
import type { HostUser } from './host-config.ts';
import type { ContainerName } from './name.ts';
import { type ContainerPlan, planContainer } from './plan.ts';
import { type PreparedContainer, planPrepared, stagePrepared } from './prepared.ts';
import { openStaging, type Staging } from './staging.ts';
import { containersFolder, type TargetChoice } from './target.ts';

/** What decides about it. */
export interface PlaceRequest extends TargetChoice {
  /** Then the rest says nothing. */
  readonly prepared?: PreparedContainer | undefined;
  readonly idMap?: IdMap | 'host' | undefined;
  readonly user: HostUser;
}

/** Throws as containersFolder, planContainer and openStaging do, and as planPrepared does. */
export async function openPlace(
  request: PlaceRequest,
  name: ContainerName,
): Promise<{ readonly plan: ContainerPlan; readonly staging: Staging }> {
  const { prepared, user, idMap } = request;
  if (prepared !== undefined) {
    const plan = await planPrepared(prepared);
    return { plan, staging: stagePrepared(prepared, plan.workerMap) };
  }
  const containers = await containersFolder(request, user);
  const plan = await planContainer(user, containers, idMap);
  return { plan, staging: await openStaging(containers, name, plan.idMap) };
}
