// Files of a container's folder, beside its root.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type IdMap, runWorker } from '../../native/index.ts';
import type { Staging } from './staging.ts';

/** A file beside the root; `bytes` are latin1, since requests travel as JSON. */
export interface ContainerFile {
  readonly name: string;
  readonly bytes: string;
  readonly mode: number;
}

/** What files-worker.ts is asked. */
export interface FilesRequest {
  readonly folder: string;
  readonly files: readonly ContainerFile[];
}

/** A container that is being made. */
export interface FilesTarget extends Pick<Staging, 'folder' | 'prepared'> {
  /** In which workers handle the container's files. */
  readonly workerMap: IdMap | 'host';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes them in their order; in a folder of our own none may be there. What lxc-create has prepared is not the caller's to enter in
 * each case, so a worker writes there, and gives the files to the owner of its config.
 */
export async function writeContainerFiles(
  { folder, prepared, workerMap, signal }: FilesTarget,
  files: readonly ContainerFile[],
): Promise<void> {
  if (prepared) {
    const request: FilesRequest = { folder, files };
    await runWorker<null>('client/container/files-worker', request, {
      idMap: workerMap,
      binds: [{ path: folder, readOnly: false }],
      ...(signal && { signal }),
    });
    return;
  }
  for (const { name, bytes, mode } of files) {
    await writeFile(path.join(folder, name), bytes, { encoding: 'latin1', mode, flag: 'wx' });
  }
}
