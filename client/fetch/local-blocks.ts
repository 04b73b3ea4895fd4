// Blocks that this machine has already: in images of the cache and in archives that the user names. A block is looked for by
// its sizes, which the index at the end of each file tells, and is what it should be only if its digest is.

import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type EncodingName, encodings, type FramePlace, type SegmentPlace } from '../../image/index.ts';
import { sha256Of } from '../../keys/index.ts';

/** Archives with their blocks. Close it when done. */
export class LocalBlocks {
  readonly #files: FileHandle[] = [];
  readonly #places = new Map<string, { readonly file: FileHandle; readonly offset: number }[]>();

  /** Adds an archive. Gives why it is of no use, if it is not. Throws system errors of opening it. */
  async add(archive: string): Promise<string | undefined> {
    const file = await open(archive, 'r');
    this.#files.push(file);
    try {
      const { size } = await file.stat();
      const { places } = encodings[encodingOf(await readAt(file, 0, zstdMagic.length))];
      for (const block of await places((offset, length) => readAt(file, offset, length), size)) {
        this.#addPlace(file, block);
      }
      return undefined;
    } catch (error) {
      if (error instanceof CooperError) return error.message;
      if (isSystemError(error, 'EISDIR')) return 'it is a folder';
      throw error;
    }
  }

  /** Whether there is something of the sizes of the segment and its block: nearly always the block. */
  mayHave({ size, block }: SegmentPlace): boolean {
    return this.#places.has(keyOf(block.size, size));
  }

  /** The block of a segment, verified; undefined when it is not here. */
  async find({ size, block }: SegmentPlace): Promise<Buffer | undefined> {
    for (const { file, offset } of this.#places.get(keyOf(block.size, size)) ?? []) {
      const bytes = await readAt(file, offset, block.size);
      if (sha256Of(bytes) === block.sha256) return bytes;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  #addPlace(file: FileHandle, { size, uncompressedSize, offset }: FramePlace): void {
    const key = keyOf(size, uncompressedSize);
    const places = this.#places.get(key) ?? [];
    places.push({ file, offset });
    this.#places.set(key, places);
  }
}

/** The archives of root filesystems in the cache. */
export async function cachedArchives(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /^[0-9a-f]{64}\.tar\.(xz|zst)$/.test(name)).map((name) => path.join(folder, name));
}

/** What a file of frames begins with (RFC 8878, section 3.1.1). */
const zstdMagic = Buffer.from('28b52ffd', 'hex');

function encodingOf(head: Buffer): EncodingName {
  return head.equals(zstdMagic) ? 'zst' : 'xz';
}

const keyOf = (blockSize: number, dataSize: number) => `${blockSize}/${dataSize}`;

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
