// Decides before anything is made what a container will be: privileged or in which id map, on which network, and what of
// default.conf goes into its config. Asks the host; changes nothing.

import type { ContainerMode } from '../../image/index.ts';
import { containerIdMap, type IdMap, readSubids, workerIdMap } from '../../native/index.ts';
import { isNetworkKey } from './config.ts';
import { type HostUser, readDefaultConfig } from './host-config.ts';
import { type ConfigLine, idMapOf } from './lxc-config.ts';
import { closedFolders, linkExists, missingLinks, unlistedIds } from './start-notices.ts';

/** What was decided. */
export interface ContainerPlan {
  readonly mode: ContainerMode;
  /** The container's ids; `host`: privileged. */
  readonly idMap: IdMap | 'host';
  /** In which workers handle the container's files. */
  readonly workerMap: IdMap | 'host';
  /** Assignments of default.conf. */
  readonly defaults: readonly ConfigLine[];
  /** Map to add to the config, when default.conf has none and one is needed. */
  readonly addIdMap: IdMap | undefined;
  /** Network to add to the config, when there is no default.conf. */
  readonly addNetwork: readonly Pick<ConfigLine, 'key' | 'value'>[];
  /** What the user should know. */
  readonly notices: readonly string[];
}

/** `containers`: the folder they are in. Throws `lxc-config-invalid`, and `no-subid-range` for an ordinary user without ranges. */
export async function planContainer(user: HostUser, containers: string): Promise<ContainerPlan> {
  const { file, exists, own, expanded } = await readDefaultConfig(user);
  const configured = idMapOf(expanded, file);
  const addIdMap = configured === undefined && user.uid !== 0 ? containerIdMap(await readSubids()) : undefined;
  const idMap = configured ?? addIdMap ?? 'host';
  return {
    mode: idMap === 'host' ? 'system' : 'user',
    idMap,
    workerMap: idMap === 'host' ? 'host' : workerIdMap(idMap),
    defaults: own,
    addIdMap,
    addNetwork: exists ? [] : await defaultNetwork(user),
    notices: [
      ...(await missingLinks(expanded.filter(({ key }) => isNetworkKey(key)))),
      ...(await unlistedIds(idMap, user.uid)),
      ...(await closedFolders(containers, idMap)),
    ],
  };
}

/** LXC's bridge where it exists; an ordinary user needs a quota in lxc-usernet for it, and says so in a default.conf. */
async function defaultNetwork(user: HostUser): Promise<Pick<ConfigLine, 'key' | 'value'>[]> {
  if (user.uid !== 0 || !(await linkExists('lxcbr0'))) return [{ key: 'lxc.net.0.type', value: 'empty' }];
  return [
    { key: 'lxc.net.0.type', value: 'veth' },
    { key: 'lxc.net.0.link', value: 'lxcbr0' },
    { key: 'lxc.net.0.flags', value: 'up' },
  ];
}
