// Writes a tar archive to a sink, entry by entry. Refuses data that does not match the announced size.

import type { TarEntry } from './entry.ts';
import { blockSize, encodeHeader, endOfArchive, paddingOf } from './header.ts';

const zeros = Buffer.alloc(blockSize);

/** Writes synchronously: the sink has used or copied the bytes when it returns. */
export class TarWriter {
  readonly #sink: (bytes: Buffer) => void;
  #left = 0;
  #padding = 0;
  #entries = 0;
  #size = 0;

  constructor(sink: (bytes: Buffer) => void) {
    this.#sink = sink;
  }

  /** Number of entries so far. */
  get entries(): number {
    return this.#entries;
  }

  /** Bytes of the archive so far. */
  get size(): number {
    return this.#size;
  }

  /** Begins an entry; exactly `entry.size` bytes of data must follow before the next. */
  entry(entry: TarEntry): void {
    this.#close();
    this.#put(encodeHeader(entry));
    this.#left = entry.size;
    this.#padding = paddingOf(entry.size);
    this.#entries += 1;
  }

  /** Adds data of the current entry. Throws RangeError when it is more than announced. */
  data(chunk: Buffer): void {
    if (chunk.length > this.#left) throw new RangeError('more data than the entry announced');
    this.#left -= chunk.length;
    this.#put(chunk);
  }

  /** Writes the end of the archive. */
  finish(): void {
    this.#close();
    this.#put(endOfArchive);
  }

  #close(): void {
    if (this.#left !== 0) throw new RangeError(`${this.#left} bytes of the entry are missing`);
    if (this.#padding !== 0) this.#put(zeros.subarray(0, this.#padding));
    this.#padding = 0;
  }

  #put(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#sink(bytes);
  }
}
