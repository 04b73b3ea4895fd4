// Worker: writes the tar of a tree to standard output, everything in it as it is. Runs where the owners of the tree are right.

import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { TarWriter } from '../../../image/tar/writer.ts';
import { readTree, type TreeNode } from '../../../image/tree/read.ts';
import { serveWorker } from '../../../native/worker-main.ts';

/** What the worker is asked. */
export interface TarRequest {
  /** Absolute path of the tree. */
  readonly root: string;
}

const output = 1;
const buffer = Buffer.allocUnsafe(1 << 20);

function writeTar({ root }: TarRequest): null {
  const writer = new TarWriter((bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(output, bytes, at);
  });
  for (const node of readTree(root)) {
    writer.entry(node.entry);
    if (node.entry.size > 0) copyContent(node, writer);
  }
  writer.finish();
  return null;
}

/** A file that shrinks or grows meanwhile would shift everything behind it: TarWriter refuses that. */
function copyContent({ source, entry }: TreeNode, writer: TarWriter): void {
  const fd = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (let left = entry.size; left > 0; ) {
      const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
      if (count === 0) return;
      writer.data(buffer.subarray(0, count));
      left -= count;
    }
  } finally {
    closeSync(fd);
  }
}

serveWorker<TarRequest, null>((request) => {
  try {
    return writeTar(request);
  } catch (error) {
    if (!isSystemError(error, 'EACCES')) throw error;
    const { path } = error as NodeJS.ErrnoException;
    const next = 'Build as root, or make an archive of the folder as root and name that (kind: rootfs)';
    throw new CooperError('host-permission', { what: `${path} may not be read`, next, cause: error });
  }
});
