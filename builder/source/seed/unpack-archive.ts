// One archive of somebody else into a root. Nothing in /dev is taken: an image has its own nodes there. Others become marked
// files (image/tree/node-mark.ts), as those that scripts make.

import { statSync } from 'node:fs';
import type { TarEntry } from '../../../image/tar/entry.ts';
import { type TarHandler, TarReader } from '../../../image/tar/reader.ts';
import { nodeMark } from '../../../image/tree/node-mark.ts';
import { TreeWriter } from '../../../image/tree/write.ts';
import { unpacked } from '../unpacked.ts';
import { rootLimit } from './root-limit.ts';
import { TopFolder } from './top-folder.ts';

/**
 * Unpacks it; not atomic. `strip`: the one folder in which everything lies is left out. `limit`: bytes of tar.
 * @throws CooperError `archive-corrupt`, `archive-too-large`, `archive-escapes-root`, `archive-conflict`, `archive-unsupported`
 */
export async function unpackArchive(
  archive: string,
  root: string,
  strip: boolean,
  limit = rootLimit(statSync(archive).size),
): Promise<void> {
  const writer = new TreeWriter(root, { parents: 'refuse-symlinks', devices: 'refuse' });
  const marking = new NodeMarker(writer);
  const reader = new TarReader(strip ? new TopFolder(marking) : marking);
  try {
    for await (const chunk of unpacked(archive, limit)) reader.write(chunk);
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
}

/** Hands everything on; nodes as marked files. */
export class NodeMarker implements TarHandler {
  readonly #to: TarHandler;
  #left = false;

  constructor(to: TarHandler) {
    this.#to = to;
  }

  entry(entry: TarEntry): void {
    this.#left = /^(?:\.\/)*dev\//.test(entry.name.toString('latin1'));
    if (!this.#left) this.#to.entry(entry.device === undefined ? entry : marked(entry));
  }

  data(chunk: Buffer): void {
    if (!this.#left) this.#to.data(chunk);
  }

  end(): void {
    if (!this.#left) this.#to.end();
  }
}

function marked({ device, type, ...entry }: TarEntry): TarEntry {
  const mark = `${type === 'character' ? 'c' : 'b'} ${device?.major} ${device?.minor}`;
  const xattrs = new Map([...entry.xattrs, [nodeMark, Buffer.from(mark)]]);
  return { ...entry, type: 'file', size: 0, xattrs };
}
