// Judges a packed image: reads its archives and lets GNU tar unpack the large one, at the same time. What was unpacked is
// left for whoever wants to start it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CooperError } from '../errors/index.ts';
import { memberLines, pickMember, readMetadataMembers } from '../image/index.ts';
import { containerIdMap, type IdMap, readSubids, workerIdMap } from '../native/index.ts';
import { judgeArchive } from './archive-view.ts';
import { imageRules } from './image-rules.ts';
import type { Unpacking } from './packed-image.ts';
import type { PrivilegedFile } from './privileged-files.ts';
import { judge, type RuleReport } from './report.ts';
import type { RuleContext } from './rule.ts';
import { checkRoot } from './rules.ts';
import { missingTar, unpackAsStock } from './stock-tar.ts';

/** An image to be judged. */
export interface ImageRequest {
  /** Folder of rootfs.tar.xz and meta.tar.xz. */
  readonly directory: string;
  /** Bytes of the tar inside rootfs.tar.xz. */
  readonly size: number;
  /** Existing folder that passes away afterwards; gets `user/rootfs`. */
  readonly scratch: string;
  readonly context: RuleContext;
  /** Also by the rules of a root: not needed when the root was judged before it was packed. */
  readonly withRoot: boolean;
  /** Whether a stock client is tried: it needs subordinate ids, and a folder that may hold them. */
  readonly unpack: boolean;
  readonly signal?: AbortSignal;
}

/** What the rules found. */
export interface ImageJudgement {
  readonly rules: readonly RuleReport[];
  readonly privileged: readonly PrivilegedFile[];
  /** What was unpacked in a user namespace; undefined when nothing was. */
  readonly unpacked: UnpackedTree | undefined;
  readonly meta: ReadonlyMap<string, Buffer>;
  readonly cpuSeconds: number;
}

/** A tree with the ids of a container. */
export interface UnpackedTree {
  /** Folder that holds `rootfs`. */
  readonly folder: string;
  readonly idMap: IdMap;
}

/** Judges; refuses nothing. Throws `metadata-invalid`, `archive-*` for archives that nobody can read. */
export async function judgeImage(request: ImageRequest): Promise<ImageJudgement> {
  const { context, directory } = request;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  const path = join(directory, 'rootfs.tar.xz');
  const meta = await readMetadataMembers(join(directory, 'meta.tar.xz'));
  const unpacked = unpackForUser({ ...request, signal }, path, meta);
  // Looked at only when the archive was read; until then a failure is nobody's.
  unpacked.catch(() => undefined);
  try {
    const judged = await judgeArchive({ path, size: request.size, signal }, async ({ root, devices }) => {
      const { unpacking } = await unpacked;
      const ofRoot = request.withRoot ? checkRoot(root, context) : { rules: [], privileged: [] };
      const ofImage = judge({ root, devices, meta, unpacking }, context, imageRules);
      return { rules: [...ofRoot.rules, ...ofImage], privileged: ofRoot.privileged };
    });
    const { tree, cpuSeconds } = await unpacked;
    return { ...judged, meta, unpacked: tree, cpuSeconds };
  } finally {
    // An archive that cannot be read leaves tar behind; nobody may remove the folder under it.
    stop.abort();
    await unpacked.catch(() => undefined);
  }
}

interface Unpacked {
  readonly unpacking: Unpacking;
  readonly tree: UnpackedTree | undefined;
  readonly cpuSeconds: number;
}

async function unpackForUser(
  { scratch, signal, unpack }: ImageRequest,
  archive: string,
  meta: ReadonlyMap<string, Buffer>,
): Promise<Unpacked> {
  const ids = unpack ? await idsToUnpack() : 'it was not wanted';
  if (typeof ids === 'string')
    return { unpacking: { outcome: 'skipped', reason: ids }, tree: undefined, cpuSeconds: 0 };
  const idMap = ids;
  const folder = join(scratch, 'user');
  mkdirSync(folder, { mode: 0o755 });
  const excludes = memberLines(pickMember(meta, 'excludes', 'user'));
  const how = { archive, excludes, folder, idMap: workerIdMap(idMap), ...(signal === undefined ? {} : { signal }) };
  const { unpacking, cpuSeconds } = await unpackAsStock(how);
  return { unpacking, tree: unpacking.outcome === 'done' ? { folder, idMap } : undefined, cpuSeconds };
}

/** The ids of the container that is tried, or why none can be. */
async function idsToUnpack(): Promise<IdMap | string> {
  const missing = await missingTar();
  if (missing !== undefined) return missing;
  try {
    return containerIdMap(await readSubids());
  } catch (error) {
    if (error instanceof CooperError && error.code === 'no-subid-range') return error.message;
    throw error;
  }
}
