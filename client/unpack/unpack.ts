// Unpacks a verified image into a container's folder, by a worker that holds the container's ids. The type of `image` makes
// sure that nothing unverified gets here; the worker checks the unpacked bytes once more against the manifest.

import { type IdMap, runWorker } from '../../native/index.ts';
import type { VerifiedImage } from '../fetch/image-files.ts';

/** What unpack-worker.ts is asked. */
export interface UnpackRequest {
  /** Path of rootfs.tar.xz. */
  readonly archive: string;
  /** Bytes and SHA-256 of the tar inside. */
  readonly size: number;
  readonly sha256: string;
  /** Folder of the container, existing; gets `rootfs`. */
  readonly folder: string;
  readonly devices: 'make' | 'skip';
  /** Member names left out, as in `excludes`. */
  readonly excludes: readonly string[];
  /** Ids that exist in the container; undefined: all. */
  readonly ids: IdMap | undefined;
}

/** What the worker says when it is done. */
export interface UnpackResponse {
  readonly entries: number;
}

/** How to unpack. */
export interface UnpackOptions {
  readonly folder: string;
  readonly excludes: readonly string[];
  /** The container's map; `host`: a privileged container of real root. */
  readonly idMap: IdMap | 'host';
  /** The map of the worker (workerIdMap); `host` with `host`. */
  readonly workerMap: IdMap | 'host';
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the tar unpacked so far, of `image.manifest.rootfs.size`. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Makes `<folder>/rootfs` from the image; not atomic, the caller discards the folder when it fails.
 * @returns CPU seconds of the worker
 * @throws CooperError `digest-mismatch`, `archive-*`, `id-outside-map`, `no-space`; the signal's reason when aborted
 */
export async function unpackImage(image: VerifiedImage, options: UnpackOptions): Promise<number> {
  const request: UnpackRequest = {
    archive: image.rootfs.value,
    size: image.manifest.rootfs.size,
    sha256: image.manifest.rootfs.sha256,
    folder: options.folder,
    devices: options.idMap === 'host' ? 'make' : 'skip',
    excludes: options.excludes,
    ids: options.idMap === 'host' ? undefined : options.idMap,
  };
  const { cpuSeconds } = await runWorker<UnpackResponse>('client/unpack/unpack-worker', request, {
    idMap: options.workerMap,
    binds: [
      { path: request.archive, readOnly: true },
      { path: options.folder, readOnly: false },
    ],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onMessage: (message) => {
      if (typeof message === 'number') options.onProgress?.(message);
    },
  });
  return cpuSeconds;
}
