// A file of zstd frames that says where each of them is: the "Zstandard Seekable Format" 0.1.0 of the zstd project, without
// checksums of its own, since every frame has one. The table is a skippable frame at the end, which other readers pass over.
// Pure. What is read is bounded before anything is made of it.

import { CooperError } from '../../errors/index.ts';
import type { ReadAt } from '../xz/container.ts';

/** A frame of the file and its data, in bytes. */
export interface FrameSizes {
  readonly size: number;
  readonly uncompressedSize: number;
}

/** Where a frame is. */
export interface FramePlace extends FrameSizes {
  /** From the start of the file. */
  readonly offset: number;
}

/** Frames that a file may have: as many as blocks of an xz file. */
export const mostFrames = 65_536;

/** Of a skippable frame (RFC 8878, section 3.1.2), the sixteenth of those there are. */
const skippableMagic = 0x184d2a5e;
const seekableMagic = 0x8f92eab1;
const headSize = 8;
const entrySize = 8;
const footSize = 9;
const largest = 2 ** 32 - 1;

/** Bytes of the table of so many frames. */
export function seekTableSize(frames: number): number {
  return headSize + frames * entrySize + footSize;
}

/** Throws RangeError for more frames or larger ones than a table can have. */
export function encodeSeekTable(frames: readonly FrameSizes[]): Buffer {
  if (frames.length > mostFrames) throw new RangeError(`more than ${mostFrames} frames`);
  const bytes = Buffer.alloc(seekTableSize(frames.length));
  bytes.writeUInt32LE(skippableMagic, 0);
  bytes.writeUInt32LE(bytes.length - headSize, 4);
  for (const [at, { size, uncompressedSize }] of frames.entries()) {
    bytes.writeUInt32LE(size, headSize + at * entrySize);
    bytes.writeUInt32LE(uncompressedSize, headSize + at * entrySize + 4);
  }
  const foot = bytes.length - footSize;
  bytes.writeUInt32LE(frames.length, foot);
  bytes.writeUInt32LE(seekableMagic, foot + 5);
  return bytes;
}

/**
 * Finds the frames of a file of `size` bytes. The table has to account for all of it; the frames are not looked at. Throws
 * `archive-corrupt`, `archive-unsupported` for tables with checksums, `archive-too-large` for more than `mostFrames`; and what
 * `read` throws.
 */
export async function readFrames(read: ReadAt, size: number): Promise<FramePlace[]> {
  if (!Number.isSafeInteger(size) || size < seekTableSize(0)) throw corrupt('no such file has its size');
  const count = parseFoot(await readExactly(read, size - footSize, footSize));
  const tableSize = seekTableSize(count);
  if (tableSize > size) throw corrupt('its seek table is longer than the file');
  const table = await readExactly(read, size - tableSize, tableSize);
  if (table.readUInt32LE(0) !== skippableMagic || table.readUInt32LE(4) !== tableSize - headSize) {
    throw corrupt('it does not end with a seek table');
  }
  return placeFrames(table, count, size - tableSize);
}

function parseFoot(foot: Buffer): number {
  if (foot.readUInt32LE(5) !== seekableMagic) throw corrupt('it does not end with a seek table');
  const descriptor = foot.readUInt8(4);
  if (descriptor !== 0) {
    throw new CooperError('archive-unsupported', { what: `zstd data with a seek table of kind ${descriptor}` });
  }
  const count = foot.readUInt32LE(0);
  if (count <= mostFrames) return count;
  throw new CooperError('archive-too-large', {
    what: `the zstd data claims ${count} frames, where ${mostFrames} are allowed`,
  });
}

/** One frame after the other; no sum of so many sizes leaves what JavaScript counts exactly. */
function placeFrames(table: Buffer, count: number, end: number): FramePlace[] {
  const places: FramePlace[] = [];
  let offset = 0;
  for (let at = 0; at < count; at += 1) {
    const size = table.readUInt32LE(headSize + at * entrySize);
    const uncompressedSize = table.readUInt32LE(headSize + at * entrySize + 4);
    places.push({ offset, size, uncompressedSize });
    offset += size;
  }
  if (offset !== end) throw corrupt('its seek table does not account for all of the file');
  return places;
}

async function readExactly(read: ReadAt, offset: number, length: number): Promise<Buffer> {
  const bytes = await read(offset, length);
  if (bytes.length !== length) throw corrupt('the file is shorter than it was said to be');
  return bytes;
}

function corrupt(what: string): CooperError {
  return new CooperError('archive-corrupt', { what: `damaged zstd data: ${what}` });
}

/** Whether a frame of `size` bytes can be one of `uncompressedSize` bytes with their size and checksum. */
export function isPossibleFrame({ size, uncompressedSize }: FrameSizes): boolean {
  return Number.isSafeInteger(size) && size >= leastFrame && size <= largest && size <= mostFrameSize(uncompressedSize);
}

/** Magic number, descriptor, a byte of size, the header of a block, checksum (RFC 8878, section 3.1.1). */
const leastFrame = 13;

/** zstd stores what it cannot compress, with three bytes more for 128 KiB. Rounded up. */
function mostFrameSize(size: number): number {
  return size + Math.ceil(size / 1024) + 64;
}
