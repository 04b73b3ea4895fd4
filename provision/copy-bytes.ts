// Copies a file whose size and digest are known into an open one. Refuses what has changed since they were taken.

import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { CooperError } from '../errors/index.ts';
import type { CopySource } from './placed-file.ts';

const chunkSize = 1 << 20;

/** Copies all of `source` to `target`. Throws `source-changed`, with at most one chunk too many read. */
export function copyBytes(source: CopySource, target: number): void {
  // A FIFO that has taken the file's place would block.
  const fd = openSync(source.file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(Math.min(source.size + 1, chunkSize));
    let size = 0;
    for (let read = readSync(fd, chunk); read > 0 && size <= source.size; read = readSync(fd, chunk)) {
      const bytes = chunk.subarray(0, read);
      hash.update(bytes);
      size += read;
      for (let at = 0; at < read; ) at += writeSync(target, bytes, at);
    }
    if (size !== source.size || hash.digest('hex') !== source.sha256) {
      throw new CooperError('source-changed', { what: `${source.name} has changed since the definition was read` });
    }
  } finally {
    closeSync(fd);
  }
}
