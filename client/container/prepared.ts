// A container that lxc-create has prepared for its template: folder, config and an empty root filesystem are there, and go away
// with all that is in them when the template fails. Refuses what lxc-create does not leave so.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { emptyForeignTree } from '../../image/index.ts';
import { type IdMap, ownNamespace, unchangedIds, workerIdMap } from '../../native/index.ts';
import { isNetworkKey } from './config.ts';
import { expandIncludes } from './host-config.ts';
import { type ConfigLine, idMapOf, parseLxcConfig } from './lxc-config.ts';
import type { ContainerPlan } from './plan.ts';
import type { Staging } from './staging.ts';
import { closedFolders, missingLinks, obstacleText } from './start-notices.ts';
import { requirePlain } from './target.ts';

/** What lxc-create hands to its template. */
export interface PreparedContainer {
  /** Folder of the container, absolute. */
  readonly folder: string;
  /** Its root filesystem, anywhere. */
  readonly rootfs: string;
  /** Assignments of its `config`. */
  readonly config: readonly ConfigLine[];
  /** The other lines of that file, as they stand: comments, and what LXC passes over. */
  readonly otherLines: readonly string[];
}

/** What a new file system of its own has in it. */
const ownFolders = ['lost+found'];

/** Looks at it. Throws `bad-usage`, `container-exists` for a root filesystem that is not empty, `lxc-config-invalid`. */
export async function readPrepared(folder: string, rootfs: string): Promise<PreparedContainer> {
  requirePlain(folder);
  requirePlain(rootfs);
  const file = path.join(folder, 'config');
  const text = await orMissing(file, readFile(file, 'utf8'), 'Leave --path, --name and --rootfs to lxc-create.');
  const names = await orMissing(rootfs, readdir(rootfs), `For lxc-create --dir make it first: mkdir -p ${rootfs}`);
  if (!names.every((name) => ownFolders.includes(name))) {
    throw new CooperError('container-exists', { what: `${rootfs} is not empty`, next: 'Name an empty folder.' });
  }
  const otherLines = text.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('lxc.'));
  return { folder, rootfs, config: parseLxcConfig(text, file), otherLines };
}

async function orMissing<T>(wanted: string, read: Promise<T>, next: string): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT') && !isSystemError(cause, 'ENOTDIR')) throw cause;
    throw new CooperError('bad-usage', { what: `there is no ${wanted}, which a template is given`, next, cause });
  }
}

/** Where ids are those of the namespace already, nothing is shifted; a worker gets the same ones. Throws `lxc-config-invalid`. */
export async function planPrepared({ folder, config, otherLines }: PreparedContainer): Promise<ContainerPlan> {
  const expanded = await expandIncludes(config);
  const namespace = ownNamespace();
  const idMap = idMapOf(expanded, path.join(folder, 'config')) ?? namespace;
  const obstacles = [
    ...(await missingLinks(expanded.filter(({ key }) => isNetworkKey(key)))),
    ...(await closedFolders(path.dirname(folder), idMap)),
  ];
  return {
    mode: idMap === 'host' ? 'system' : 'user',
    idMap,
    workerMap: workerMapIn(namespace, idMap),
    nearMap: namespace === 'host' || idMap === 'host' ? idMap : unchangedIds(idMap),
    defaults: config,
    otherLines,
    addIdMap: undefined,
    addNetwork: [],
    obstacles,
    notices: obstacles.map(obstacleText),
  };
}

function workerMapIn(namespace: IdMap | 'host', idMap: IdMap | 'host'): IdMap | 'host' {
  if (namespace !== 'host') return unchangedIds(namespace);
  return idMap === 'host' ? 'host' : workerIdMap(idMap);
}

/** `idMap`: in which its files are removed again. */
export function stagePrepared({ folder, rootfs }: PreparedContainer, idMap: IdMap | 'host'): Staging {
  const empty = () => emptyForeignTree(rootfs, idMap, ownFolders);
  return {
    folder,
    final: folder,
    rootfs,
    finalRootfs: rootfs,
    prepared: true,
    notices: [],
    commit: async () => undefined,
    clear: empty,
    discard: empty,
  };
}
