// One layer of an OCI image into a root that has those below: what it hides of them goes, what it brings comes in. Refuses a layer whose
// content is not the one that the configuration of the image names.

import { createHash } from 'node:crypto';
import { CooperError } from '../../../errors/index.ts';
import type { TarEntry } from '../../../image/tar/entry.ts';
import { type TarHandler, TarReader } from '../../../image/tar/reader.ts';
import { TreeWriter } from '../../../image/tree/write.ts';
import { NodeMarker } from '../seed/unpack-archive.ts';
import { unpacked } from '../unpacked.ts';
import { layerEntry } from './layer-entry.ts';

/**
 * Unpacks it; not atomic. `diffId`: SHA-256 of the tar, whatever it is packed with. Returns the bytes of the tar.
 * @throws CooperError `archive-corrupt`, `archive-too-large` for more than `limit` bytes, `archive-escapes-root`, `archive-conflict`,
 *   `archive-unsupported`, `digest-mismatch`
 */
export async function unpackLayer(archive: string, root: string, diffId: string, limit: number): Promise<number> {
  const writer = new TreeWriter(root, { parents: 'as-layer', devices: 'refuse' });
  const reader = new TarReader(new Whiteouts(writer, new NodeMarker(writer)));
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of unpacked(archive, limit)) {
      hash.update(chunk);
      size += chunk.length;
      reader.write(chunk);
    }
    reader.finish();
    writer.finish();
  } finally {
    writer.close();
  }
  const found = hash.digest('hex');
  if (found === diffId) return size;
  throw new CooperError('digest-mismatch', {
    what: 'a layer does not hold what the configuration of its image names',
    lines: [`named: ${diffId}`, `found: ${found}`],
  });
}

/** Some builders of images call the root `/`; every other absolute name is refused. */
function withRelativeRoot(entry: TarEntry): TarEntry {
  return entry.type === 'directory' && entry.name.toString() === '/' ? { ...entry, name: Buffer.from('.') } : entry;
}

/** Carries whiteouts out, hands everything else on. */
class Whiteouts implements TarHandler {
  readonly #writer: TreeWriter;
  readonly #to: TarHandler;
  #isContent = false;

  constructor(writer: TreeWriter, to: TarHandler) {
    this.#writer = writer;
    this.#to = to;
  }

  entry(entry: TarEntry): void {
    const meant = layerEntry(entry.name);
    this.#isContent = meant.kind === 'content';
    if (meant.kind === 'content') this.#to.entry(withRelativeRoot(entry));
    else if (meant.kind === 'whiteout') this.#writer.removeLower(meant.name, 'itself');
    else if (meant.kind === 'opaque') this.#writer.removeLower(meant.directory, 'content');
  }

  data(chunk: Buffer): void {
    if (this.#isContent) this.#to.data(chunk);
  }

  end(): void {
    if (this.#isContent) this.#to.end();
  }
}
