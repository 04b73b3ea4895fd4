// Reads a rootfs.tar.xz of somebody else once, for what image.json says of the tar inside. Refuses what is no such archive, and what
// would fill a disk.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createXzDecoder, entryPath, type PlacedNode, placedNode, rootfsLimit, TarReader } from '../../image/index.ts';
import type { Sha256 } from '../../keys/index.ts';

/** The tar inside. */
export interface ReadArchive {
  readonly size: number;
  readonly sha256: Sha256;
  readonly entries: number;
  readonly devices: readonly PlacedNode[];
  /** Which of the files that were asked for it has, as plain files. */
  readonly files: ReadonlySet<string>;
}

/**
 * Reads it; `asked`: paths without a leading slash.
 * @throws CooperError 'archive-corrupt', 'archive-too-large', 'archive-escapes-root', 'archive-unsupported', 'archive-conflict'
 */
export async function readArchive(path: string, asked: readonly string[], signal: AbortSignal): Promise<ReadArchive> {
  const hash = createHash('sha256');
  let size = 0;
  let entries = 0;
  const devices: PlacedNode[] = [];
  const files = new Set<string>();
  const reader = new TarReader({
    entry: (entry) => {
      entries += 1;
      const path = entryPath(entry.name);
      const node = placedNode(path, entry);
      if (node !== undefined) devices.push(node);
      if (entry.type === 'file' && asked.includes(path)) files.add(path);
    },
    data: () => undefined,
    end: () => undefined,
  });
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 16 }),
    createXzDecoder(rootfsLimit),
    async (data: AsyncIterable<Buffer>) => {
      for await (const chunk of data) {
        hash.update(chunk);
        size += chunk.length;
        reader.write(chunk);
      }
    },
    { signal },
  );
  reader.finish();
  return { size, sha256: hash.digest('hex') as Sha256, entries, devices, files };
}
