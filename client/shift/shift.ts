// Moves the root filesystem of a container that does not run from one id map to another. Nothing but the tree is changed: what the
// config has to say is told.

import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { createStages, type Reporter, type StageReport } from '../../events/index.ts';
import { type ShiftProgress, shiftTree, type TreeIds } from '../../image/index.ts';
import { currentCaller, type IdMap, readSubids } from '../../native/index.ts';
import { formatLxcConfig, idmapLines } from '../container/lxc-config.ts';
import { requireOwnIds } from '../container/own-ids.ts';
import { shiftRefusal, unfinishedRefusal } from './refusals.ts';
import { requireIdle } from './running.ts';
import { hostId, hostMap, workerView } from './worker-view.ts';

/** What `cooper shift PATH` needs to know. */
export interface ShiftTreeRequest {
  readonly folder: string;
  readonly from: TreeIds;
  readonly to: TreeIds;
  /** Only counts. */
  readonly dryRun: boolean;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

/** A tree that has the ids of its new map. */
export interface ShiftedTree {
  /** Without symbolic links. */
  readonly folder: string;
  /** Files of the tree, each counted once whatever names it has. */
  readonly files: number;
  /** Of these were changed, or would be. */
  readonly changes: number;
  /** Paths in it that are other mounts and were left alone. */
  readonly mounts: readonly string[];
  /** What an interrupted run had begun was gone on with. */
  readonly resumed: boolean;
  /** It had the new ids before. */
  readonly already: boolean;
  /** Lines for the container's config; empty without a map. */
  readonly config: string;
  /** The new owner that the container's own folder needs, when that belongs to the old root. */
  readonly folderOwner: { readonly folder: string; readonly uid: number } | undefined;
}

/**
 * @throws CooperError `shift-*`, `owner-not-mapped`, `container-running`, `container-not-found`, `no-subid-range`, `no-space`; the
 *   signal's reason. What it leaves then is either unchanged or goes on with the same call.
 */
export async function shiftRootfs(request: ShiftTreeRequest): Promise<ShiftedTree> {
  const { from, to, dryRun, signal } = request;
  const folder = await realFolder(request.folder);
  await requireIdle(folder);
  const ids = await workerIds(from, to);
  const stages = createStages(request.report, signal);
  const answer = await stages.run('shift', async (report) => {
    const onProgress = progressOf(report);
    const done = await shiftTree({
      folder,
      from: ids.from,
      to: ids.to,
      workerMap: ids.workerMap,
      dryRun,
      signal,
      onProgress,
    });
    report.addCpu(done.cpuSeconds);
    if (done.kind === 'done')
      for (const mount of done.mounts) report.notice(`${mount} is another mount and was left alone`);
    return done;
  });
  if (answer.kind === 'refused') throw shiftRefusal(answer.obstacles, { from, to }, ids.hostId);
  if (answer.kind === 'other') throw unfinishedRefusal(folder, ids.hostMap(answer.from), ids.hostMap(answer.to));
  const { files, changes, mounts, resumed, already } = answer;
  const config = to === 'host' ? '' : formatLxcConfig(idmapLines(to));
  const owner = await folderOwner(folder, from, to);
  return { folder, files, changes, mounts, resumed, already, config, folderOwner: owner };
}

function progressOf(report: StageReport): (progress: ShiftProgress) => void {
  return ({ done, total }) => report.progress(done, total, 'items');
}

interface WorkerIds {
  readonly workerMap: IdMap | 'host';
  readonly from: TreeIds;
  readonly to: TreeIds;
  readonly hostId: (kind: 'uid' | 'gid', id: number) => number | undefined;
  readonly hostMap: (map: TreeIds) => TreeIds;
}

/** Root's worker has all ids as they are; an ordinary user's has those of both maps. */
async function workerIds(from: TreeIds, to: TreeIds): Promise<WorkerIds> {
  const caller = currentCaller();
  if (caller.uid === 0) return { workerMap: 'host', from, to, hostId: (_, id) => id, hostMap: (map) => map };
  if (from === 'host' || to === 'host') {
    throw new CooperError('shift-needs-root', {
      what: 'only root can change a tree with the ids of the host themselves',
    });
  }
  const owned = await readSubids();
  requireOwnIds(from, owned, caller);
  requireOwnIds(to, owned, caller);
  const view = workerView(from, to, caller);
  return {
    ...view,
    hostId: (kind, id) => hostId(kind, id, view),
    hostMap: (map) => (map === 'host' ? map : hostMap(map, view)),
  };
}

async function realFolder(given: string): Promise<string> {
  const folder = await realpath(given).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new CooperError('container-not-found', {
      what: `there is no ${given}`,
      next: 'Give the path of a root filesystem.',
    });
  });
  if (!(await lstat(folder)).isDirectory()) throw new CooperError('shift-refused', { what: `${folder} is no folder` });
  const parts = await Promise.all(
    ['config', 'rootfs'].map((name) => lstat(path.join(folder, name)).catch(() => undefined)),
  );
  if (parts[0]?.isFile() && parts[1]?.isDirectory()) {
    const next = `Give its root filesystem: ${path.join(folder, 'rootfs')}`;
    throw new CooperError('shift-refused', { what: `${folder} is the folder of a container`, next });
  }
  return folder;
}

/** LXC wants the folder around the root to be open to the container's root. */
async function folderOwner(folder: string, from: TreeIds, to: TreeIds): Promise<ShiftedTree['folderOwner']> {
  const rootOf = (map: TreeIds) => (map === 'host' ? 0 : map.uid.find(({ inside }) => inside === 0)?.outside);
  const parent = path.dirname(folder);
  const uid = rootOf(to);
  const isOld = from !== 'host' && (await stat(parent)).uid === rootOf(from);
  return isOld && uid !== undefined ? { folder: parent, uid } : undefined;
}
