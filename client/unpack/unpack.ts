// Unpacks an image into a container's root filesystem, by a worker that holds the container's ids. Blocks of the cache
// may not have been compared when they get here: the worker compares all that it unpacks with the manifest, before it writes it.

import type { ContainerMode, PlacedNode, SegmentedArchive } from '../../image/index.ts';
import type { IdMap } from '../../native/index.ts';
import type { ExpectedBytes, RootfsArchive } from '../fetch/image-files.ts';
import type { Templates } from './templates.ts';
import { newIn, type Unpacker, type UnpackPlace } from './unpacker.ts';

/** What unpack-worker.ts is asked; the archive is its input. Messages are the numbers of segments that have arrived. */
export interface UnpackRequest {
  /** Where the pieces of the tar are; or a whole rootfs.tar.xz is read from the front, and compared at its end. */
  readonly source:
    | (Pick<SegmentedArchive, 'encoding' | 'segments'> & { readonly kind: 'blocks' })
    | { readonly kind: 'whole'; readonly expected: ExpectedBytes };
  readonly rootfs: string;
  /** The folder around it, in which it is made, and which is given to the container's root then; undefined: it is there, empty. */
  readonly newIn: string | undefined;
  readonly devices: 'make' | 'skip';
  /** Member names left out, as in `excludes`. */
  readonly excludes: readonly string[];
  readonly templates: Templates;
  /** Ids that exist in the container; undefined: all. */
  readonly ids: IdMap | undefined;
}

/** What the worker says when it is done. */
export interface UnpackResponse {
  readonly entries: number;
  /** Device nodes that were not made, without those in /dev; the first hundred. */
  readonly leftOut: readonly PlacedNode[];
}

/** How to unpack. */
export interface UnpackOptions extends UnpackPlace {
  /** With `user` no device nodes are made. */
  readonly mode: ContainerMode;
  readonly excludes: readonly string[];
  readonly templates: Templates;
  /** The container's map; `host`: a privileged container of real root. */
  readonly idMap: IdMap | 'host';
  readonly unpacker: Unpacker;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the tar unpacked so far. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Makes the root filesystem from the archive, while its blocks arrive; not atomic, the caller discards the folder when it fails.
 * `archive` is an fd of it.
 * @returns CPU seconds of the worker, and the device nodes that an unprivileged container has to do without
 * @throws CooperError `digest-mismatch`, `archive-*`, `id-outside-map`, `template-outside-root`, `no-space`; the signal's reason when aborted
 */
export async function unpackImage(
  source: RootfsArchive,
  archive: number,
  options: UnpackOptions,
): Promise<{ readonly cpuSeconds: number; readonly leftOut: readonly PlacedNode[] }> {
  const request: UnpackRequest = {
    source:
      source.kind === 'blocks'
        ? { kind: 'blocks', encoding: source.encoding, segments: source.segments }
        : { kind: 'whole', expected: source.expected },
    rootfs: options.rootfs,
    newIn: newIn(options),
    devices: options.mode === 'system' ? 'make' : 'skip',
    excludes: options.excludes,
    templates: options.templates,
    ids: options.idMap === 'host' ? undefined : options.idMap,
  };
  const { cpuSeconds, response } = await options.unpacker.take().ask<UnpackResponse>(request, {
    input: archive,
    ...(source.kind === 'blocks' ? { feed: source.arrived } : {}),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onMessage: (message) => {
      if (typeof message === 'number') options.onProgress?.(message);
    },
  });
  return { cpuSeconds, leftOut: response.leftOut };
}
