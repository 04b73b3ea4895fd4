// A second reading of zstd files, to compare with Cooper's: frames from RFC 8878 and the table of them from the "Zstandard
// Seekable Format" 0.1.0 alone, with nothing of image/zstd but its limit. It gives undefined for what Cooper does not take.

import { mostFrames } from '../../image/zstd/seek-table.ts';
import { xxh64 } from './xxh64.ts';

const mostCounted = BigInt(Number.MAX_SAFE_INTEGER);

/** The frames of a file. */
export type SeekReading = readonly (readonly [size: bigint, uncompressed: bigint])[];

/** The table of a file of `size` bytes, of which the last are there. */
export function readSeekTable(tail: Buffer, size: bigint): SeekReading | undefined {
  // No bit of the descriptor is set: neither that of checksums nor those which the format lets readers pass over.
  const [, digits] = /^(.{8})00b1ea928f$/.exec(tail.toString('hex', Math.max(0, tail.length - 9))) ?? [];
  if (digits === undefined || size > mostCounted) return undefined;
  const count = Buffer.from(digits, 'hex').readUInt32LE(0);
  const length = 17 + 8 * count;
  if (count > mostFrames || length > tail.length || BigInt(length) > size) return undefined;
  const table = tail.subarray(-length);
  if (table.toString('hex', 0, 4) !== '5e2a4d18' || table.readUInt32LE(4) !== length - 8) return undefined;
  const numbers = Array.from({ length: 2 * count }, (_, at) => BigInt(table.readUInt32LE(8 + 4 * at)));
  const frames = Array.from({ length: count }, (_, at) => [numbers[2 * at] ?? 0n, numbers[2 * at + 1] ?? 0n] as const);
  const end = frames.reduce((sum, [bytes]) => sum + bytes, 0n);
  return end + BigInt(length) === size ? frames : undefined;
}

/** What is in a frame. */
export interface FrameReading {
  /** The low half of the XXH64 of the data, where it has one. */
  readonly checksum: number | undefined;
  /** The data, unless there are compressed blocks: those are not looked into. */
  readonly data: Buffer | undefined;
}

/** Exactly one frame, with so many bytes of data: undefined when it is none, data when it is one for certain. */
export function readFrame(bytes: Buffer, size: number): FrameReading | undefined {
  const header = readFrameHeader(bytes);
  if (header === undefined || header.size !== BigInt(size)) return undefined;
  const blocks = readBlocks(bytes, header.end, size);
  if (blocks === undefined || blocks.end + (header.checked ? 4 : 0) !== bytes.length) return undefined;
  const checksum = header.checked ? bytes.readUInt32LE(blocks.end) : undefined;
  const { data } = blocks;
  if (data === undefined) return { checksum, data };
  return data.length === size && checksumFits(data, checksum) ? { checksum, data } : undefined;
}

/** Whether data has this checksum; without one it does. */
export function checksumFits(data: Buffer, checksum: number | undefined): boolean {
  return checksum === undefined || Number(BigInt.asUintN(32, xxh64(data))) === checksum;
}

/** What the header of a frame says (section 3.1.1.1). */
export interface FrameHeaderReading {
  /** Its own bytes, with the magic number. */
  readonly end: number;
  /** Of the data. */
  readonly size: bigint;
  readonly checked: boolean;
}

/** The header at the start of `bytes`: one with a size and without a dictionary. */
export function readFrameHeader(bytes: Buffer): FrameHeaderReading | undefined {
  const descriptor = bytes[4] ?? 0xff;
  if (bytes.toString('hex', 0, 4) !== '28b52ffd' || (descriptor & 0x08) !== 0) return undefined;
  const single = (descriptor & 0x20) !== 0;
  // Windows begin at 1 KiB, and zstd goes to 2 GiB.
  if (!single && (bytes[5] ?? 0xff) >> 3 > 31 - 10) return undefined;
  const dictionaryAt = single ? 5 : 6;
  const sizeAt = dictionaryAt + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const end = sizeAt + sizeBytes;
  // A dictionary with the number 0 is none.
  const dictionary = bytes.subarray(dictionaryAt, sizeAt).some((byte) => byte !== 0);
  if (bytes.length < end || sizeBytes === 0 || dictionary) return undefined;
  const number = bytes.subarray(sizeAt, end).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
  return { end, size: number + (sizeBytes === 2 ? 256n : 0n), checked: (descriptor & 0x04) !== 0 };
}

/** Section 3.1.1.2, but that no block has more than its frame allows: zstd does not ask for it where it has all of a frame. */
function readBlocks(bytes: Buffer, start: number, size: number): { end: number; data: Buffer | undefined } | undefined {
  const pieces: Buffer[] = [];
  let [at, given, last, compressed] = [start, 0, false, false];
  while (!last) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, 3);
    const [kind, length] = [(header >> 1) & 3, header >> 3];
    const content = bytes.subarray(at + 3, at + 3 + (kind === 1 ? 1 : length));
    if (kind === 3 || content.length !== (kind === 1 ? 1 : length)) return undefined;
    if (kind !== 2) given += length;
    if (given > size) return undefined;
    pieces.push(kind === 1 ? Buffer.alloc(length, content) : content);
    compressed ||= kind === 2;
    at += 3 + content.length;
    last = (header & 1) === 1;
  }
  return { end: at, data: compressed ? undefined : Buffer.concat(pieces) };
}
