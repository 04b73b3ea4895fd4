// Files of which an input has the ends alone, since readers of their tables look at nothing between. Such an input begins with
// the size that the file is said to have.

import type { ReadAt } from '../image/xz/container.ts';
import { Fault } from './target.ts';

/** Bytes of a size at the start of an input. */
export const claimBytes = 8;

/** The size as it stands there: 64 bits, little endian. */
export function claim(size: number): Buffer {
  const bytes = Buffer.alloc(claimBytes);
  bytes.writeBigUInt64LE(BigInt(size));
  return bytes;
}

/** What is there of a file. */
export interface FileEnds {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Of all of it. */
  readonly size: number;
}

/** Reads them, and zeros between. Throws a `Fault` for more than `most` bytes at once, and for bytes outside the file. */
export function readerOf({ head, tail, size }: FileEnds, most: number): ReadAt {
  return (offset, length) => {
    if (length > most || offset < 0 || offset + length > size)
      throw new Fault(`${length} bytes from ${offset} are read`);
    if (offset + length <= head.length) return head.subarray(offset, offset + length);
    const from = size - offset;
    return from > tail.length ? Buffer.alloc(length) : tail.subarray(tail.length - from, tail.length - from + length);
  };
}
