// Packs a root into rootfs.tar.xz, and into rootfs.tar.zst where that is wanted: the worker reads it in the root's user namespace
// and cuts it into segments, here they are hashed and compressed. The files appear complete or not at all.

import { setMaxListeners } from 'node:events';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FileDigest } from '../keys/digest.ts';
import { type BoxTree, type IdMap, mkfifo, runWorker } from '../native/index.ts';
import type { PlacedNode } from './bound-nodes.ts';
import type { ImageDevice, PackedTree, PackTreeRequest } from './pack-tree.ts';
import { placeFile } from './place-file.ts';
import type { BlockCache } from './segment/block-cache.ts';
import { type BlockWriting, type SegmentPlan, type WrittenBlocks, writeBlocks } from './segment/block-writer.ts';
import type { Residues } from './segment/entry.ts';
import type { Owner } from './segment/ownership.ts';
import type { Segment } from './segment/segment.ts';
import type { XzFilter } from './xz/block-header.ts';

/** What is packed, and where to. */
export interface PackRequest {
  readonly root: BoxTree;
  /** Map of the namespace in which the owners of the files are those of the image. */
  readonly idMap: IdMap | 'host';
  /** Seconds since 1970 to which every time is clamped. */
  readonly epoch: number;
  readonly devices: readonly ImageDevice[];
  /** Whose files they are; without it they are cut by their paths. */
  readonly owners?: readonly Owner[];
  /** What no package has, by paths: for segments of their own. */
  readonly residues?: Residues;
  /** Of blocks that hold programs; `plain` unless told otherwise. */
  readonly filter?: XzFilter;
  /** Level of zstd for a rootfs.tar.zst; none unless told otherwise. */
  readonly zstd?: number | undefined;
  /** Blocks of earlier packs. */
  readonly cache?: BlockCache;
  /** Gets the files; must exist. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** Bytes of tar compressed so far; how many there will be is not known. */
  readonly onProgress?: (bytes: number) => void;
}

/** A packed root. */
export interface PackedRoot {
  /** The tar inside: bytes, SHA-256, number of entries, and where its pieces are. */
  readonly rootfs: FileDigest & { readonly entries: number; readonly segments: readonly Segment[] };
  /** Segments that were not compressed again. */
  readonly reused: number;
  /** rootfs.tar.xz itself. */
  readonly file: FileDigest;
  /** Device nodes that the root's programs made: excluded from unprivileged clients as the listed ones. */
  readonly recorded: readonly PlacedNode[];
  /** Of the worker; compression runs in this process. */
  readonly cpuSeconds: number;
}

/** Writes `<directory>/rootfs.tar.xz` by temporary file and rename. Throws `archive-conflict`, `no-space`, `zstd-unavailable`. */
export async function packRoot(request: PackRequest): Promise<PackedRoot> {
  const { directory, zstd } = request;
  const { result, file } = await placeFile(join(directory, 'rootfs.tar.xz'), async (target) => {
    if (zstd === undefined) return packInto({ target }, request);
    const zst = join(directory, 'rootfs.tar.zst');
    return (await placeFile(zst, (partial) => packInto({ target, zst: { target: partial, level: zstd } }, request)))
      .result;
  });
  return { ...result, file };
}

async function packInto(
  targets: Pick<BlockWriting, 'target' | 'zst'>,
  request: PackRequest,
): Promise<Omit<PackedRoot, 'file'>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  // Each of the blocks that are being compressed listens; that is no leak.
  setMaxListeners(0, signal);
  const { tar, write } = openPipe(request.directory);
  signal.addEventListener('abort', () => tar.destroy(signal.reason), { once: true });
  let announce: (plan: readonly SegmentPlan[]) => void = () => undefined;
  const announced = new Promise<readonly SegmentPlan[]>((resolve) => {
    announce = resolve;
  });
  const worker = runPackWorker(request, write, signal, announce).finally(() => closeSync(write));
  // A worker that fails announces nothing.
  const plan = Promise.race([announced, worker.then(() => announced)]);
  // Nobody may be waiting for it.
  plan.catch(() => undefined);
  const { cache, onProgress = () => undefined } = request;
  const written = writeBlocks(tar, plan, { ...targets, cache, signal, onProgress });
  // The first failure ends the other side; both are awaited, so that nothing runs on.
  await Promise.all([worker, written].map((end: Promise<unknown>) => end.catch((error) => stop.abort(error))));
  tar.destroy();
  signal.throwIfAborted();
  return packed(await written, await worker);
}

function packed(
  { tar, segments, reused }: WrittenBlocks,
  { response, cpuSeconds }: Awaited<ReturnType<typeof runPackWorker>>,
): Omit<PackedRoot, 'file'> {
  const { entries, recorded } = response;
  return { rootfs: { ...tar, entries, segments }, reused, recorded, cpuSeconds };
}

// A named pipe whose name is gone at once. Opened for reading without waiting for a writer, it can be opened for writing.
function openPipe(directory: string): { readonly tar: Readable; readonly write: number } {
  const path = join(directory, 'rootfs.tar.pipe');
  mkfifo(path, 0o600);
  try {
    const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const tar = new Socket({ fd: read, readable: true, writable: false });
    return { tar, write: openSync(path, constants.O_WRONLY) };
  } finally {
    rmSync(path);
  }
}

function runPackWorker(
  { root, idMap, epoch, devices, owners, residues, filter = 'plain' }: PackRequest,
  output: number,
  signal: AbortSignal,
  planned: (plan: readonly SegmentPlan[]) => void,
) {
  const request: PackTreeRequest = {
    root: root.path,
    epoch,
    devices,
    filter,
    ...(owners === undefined ? {} : { owners }),
    ...(residues === undefined ? {} : { residues }),
  };
  const binds = [{ ...root, readOnly: true }];
  const onMessage = (message: unknown) => planned(message as readonly SegmentPlan[]);
  return runWorker<PackedTree>('image/pack-worker', request, { idMap, binds, output, signal, onMessage });
}
