// Decides before anything is made what a container will be: privileged or in which id map, on which network, and what of
// default.conf goes into its config. Asks the host; changes nothing.

import { CooperError } from '../../errors/index.ts';
import type { ContainerMode } from '../../image/index.ts';
import {
  containerIdMap,
  currentCaller,
  type IdMap,
  ownNamespace,
  readSubids,
  workerIdMap,
} from '../../native/index.ts';
import { isNetworkKey } from './config.ts';
import { type HostUser, readDefaultConfig } from './host-config.ts';
import { type ConfigLine, idMapOf, isIdmapKey } from './lxc-config.ts';
import { requireOwnIds } from './own-ids.ts';
import {
  closedFolders,
  linkExists,
  lxcBridge,
  missingLinks,
  obstacleText,
  refusedLinks,
  type StartObstacle,
  unlistedIds,
} from './start-notices.ts';

/** What was decided. */
export interface ContainerPlan {
  /** `user` also for a container without a map that root makes in a user namespace: nobody there can make device nodes. */
  readonly mode: ContainerMode;
  /** The container's ids; `host`: privileged. */
  readonly idMap: IdMap | 'host';
  /** In which workers handle the container's files. */
  readonly workerMap: IdMap | 'host';
  /** The container's ids as this process names them: those of a user namespace where it is in one. */
  readonly nearMap: IdMap | 'host';
  /** Assignments of default.conf, or of the config that is there already. */
  readonly defaults: readonly ConfigLine[];
  /** The other lines of such a config. */
  readonly otherLines: readonly string[];
  /** Map to add to the config, when default.conf has none and one is needed. */
  readonly addIdMap: IdMap | undefined;
  /** Network to add to the config, when there is no default.conf. */
  readonly addNetwork: readonly Pick<ConfigLine, 'key' | 'value'>[];
  /** What lxc-start will stumble over. */
  readonly obstacles: readonly StartObstacle[];
  /** What the user should know. */
  readonly notices: readonly string[];
}

/**
 * `containers`: the folder they are in; `given`: the map that the user has asked for. Throws `lxc-config-invalid`, `bad-id-map`, and
 * `no-subid-range` for an ordinary user without ranges.
 */
export async function planContainer(
  user: HostUser,
  containers: string,
  given?: IdMap | 'host',
): Promise<ContainerPlan> {
  const { file, exists, own, expanded } = await readDefaultConfig(user);
  if (given !== undefined) await requireAllowed(given, user);
  const configured = given === undefined ? idMapOf(expanded, file) : undefined;
  const addIdMap = configured === undefined ? await mapToAdd(user, given) : undefined;
  const idMap = configured ?? addIdMap ?? 'host';
  const network = expanded.filter(({ key }) => isNetworkKey(key));
  const obstacles = [
    ...(await missingLinks(network)),
    ...(await refusedLinks(network, user.uid)),
    ...(await unlistedIds(idMap, user.uid)),
    ...(await closedFolders(containers, idMap)),
  ];
  return {
    mode: idMap === 'host' && ownNamespace() === 'host' ? 'system' : 'user',
    idMap,
    workerMap: idMap === 'host' ? 'host' : workerIdMap(idMap),
    nearMap: idMap,
    defaults: given === undefined ? own : withoutIdMap(own),
    otherLines: [],
    addIdMap,
    addNetwork: exists ? [] : await defaultNetwork(user),
    obstacles,
    notices: obstacles.map(obstacleText),
  };
}

async function mapToAdd(user: HostUser, given: IdMap | 'host' | undefined): Promise<IdMap | undefined> {
  if (given !== undefined) return given === 'host' ? undefined : given;
  return user.uid === 0 ? undefined : containerIdMap(await readSubids());
}

/** What only newuidmap would refuse, when the container starts. */
async function requireAllowed(given: IdMap | 'host', user: HostUser): Promise<void> {
  if (given !== 'host') {
    if (user.uid !== 0) requireOwnIds(given, await readSubids(), currentCaller());
  } else if (user.uid !== 0) {
    throw new CooperError('bad-id-map', {
      what: 'only root can make a container without an id map',
      next: 'Leave --idmap out to have your subordinate ids, or run it as root.',
    });
  }
}

/** An empty value takes back what an included file has. */
function withoutIdMap(lines: readonly ConfigLine[]): readonly ConfigLine[] {
  const clearing = lines.findLast(({ key }) => key === 'lxc.include' || isIdmapKey(key));
  return lines.flatMap((line) => [
    ...(isIdmapKey(line.key) ? [] : [line]),
    ...(line === clearing ? [{ key: 'lxc.idmap', value: '', line: line.line }] : []),
  ]);
}

/** LXC's bridge where it exists; an ordinary user needs a quota in lxc-usernet for it, and says so in a default.conf. */
async function defaultNetwork(user: HostUser): Promise<Pick<ConfigLine, 'key' | 'value'>[]> {
  if (user.uid !== 0 || !(await linkExists(lxcBridge))) return [{ key: 'lxc.net.0.type', value: 'empty' }];
  return [
    { key: 'lxc.net.0.type', value: 'veth' },
    { key: 'lxc.net.0.link', value: lxcBridge },
    { key: 'lxc.net.0.flags', value: 'up' },
  ];
}
