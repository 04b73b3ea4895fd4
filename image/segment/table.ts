// What is wrong with the segment table of a manifest, found before anything is fetched or opened. Pure, and light enough for a
// worker. The table has to be what the packer writes: blocks one behind the other from the beginning of the archive to its index,
// and pieces that are all of the tar. What it refuses, no file of that size can be.

import { type BlockSizes, indexSizeOf, isPossible, mostBlocks } from '../xz/block-index.ts';
import { frameSize } from '../xz/stream-frame.ts';
import { isPossibleFrame, seekTableSize } from '../zstd/seek-table.ts';

/** Bytes of tar that a block may have: two are decoded at once, in memory (docs/SEGMENTS.md, "Cuts"). */
export const mostOfBlock = 32 * 2 ** 20;

/** Where a block is. In bytes. */
interface TablePlace {
  readonly offset: number;
  readonly size: number;
}

/** What of a segment says where it is. In bytes. */
export interface TableSegment {
  /** Of the tar. */
  readonly size: number;
  readonly block: TablePlace;
  readonly frame?: TablePlace | undefined;
}

/** What of a manifest is looked at. */
export interface TableOwner {
  readonly rootfs: { readonly size: number; readonly segments?: readonly TableSegment[] | undefined };
  readonly files: Readonly<Record<string, { readonly size: number }>>;
}

/** The first thing that is wrong with the table, as a sentence; undefined when nothing is, or when there is no table. */
export function tableFault({ rootfs, files }: TableOwner): string | undefined {
  const { size, segments } = rootfs;
  if (segments === undefined) return undefined;
  if (segments.length > mostBlocks) return `there are ${segments.length} segments, where ${mostBlocks} are allowed`;
  const kinds = segments.some(({ frame }) => frame !== undefined) ? [xzArchive, zstArchive] : [xzArchive];
  return (
    firstFault(kinds, (kind) => placesFault(kind, segments, files)) ??
    totalFault(segments, size) ??
    firstFault(kinds, (kind) => tailFault(kind, segments, files))
  );
}

/** An archive of the tar, in which each segment is one unit. */
interface ArchiveKind {
  readonly file: string;
  /** What a unit is called. */
  readonly unit: 'block' | 'frame';
  /** Where the first one begins. */
  readonly start: number;
  holds(size: number, unitSize: number): boolean;
  /** What comes behind the last one, with its verb, and the bytes that it may take. */
  readonly tail: string;
  tailSizes(segments: readonly TableSegment[]): readonly [least: number, most: number];
}

const xzArchive: ArchiveKind = {
  file: 'rootfs.tar.xz',
  unit: 'block',
  start: frameSize,
  holds: (size, blockSize) =>
    isPossible({ unpaddedSize: blockSize - 3, uncompressedSize: size }) &&
    blockSize % 4 === 0 &&
    blockSize <= mostBlockSize(size),
  tail: 'index and footer take',
  // How much the padding of a block is, no table says.
  tailSizes: (segments) =>
    [3, 0].map((padding) => indexSizeOf(segments.map((each) => sizesOf(each, padding))) + frameSize) as [
      number,
      number,
    ],
};

const zstArchive: ArchiveKind = {
  file: 'rootfs.tar.zst',
  unit: 'frame',
  start: 0,
  holds: (uncompressedSize, size) => isPossibleFrame({ size, uncompressedSize }),
  tail: 'the seek table takes',
  tailSizes: ({ length }) => [seekTableSize(length), seekTableSize(length)],
};

function firstFault<T>(items: readonly T[], faultOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

// A block and a piece of bounded size: no sum over `mostBlocks` of them leaves what JavaScript counts exactly.
function placesFault(
  kind: ArchiveKind,
  segments: readonly TableSegment[],
  files: TableOwner['files'],
): string | undefined {
  if (files[kind.file] === undefined) return `there are segments, but ${kind.file} is not among the files`;
  let offset = kind.start;
  for (const [at, segment] of segments.entries()) {
    const fault = segmentFault(kind, segment, offset);
    if (fault !== undefined) return `segment ${at + 1}: ${fault}`;
    offset += segment[kind.unit]?.size ?? 0;
  }
  return undefined;
}

function segmentFault(
  { unit, holds, file }: ArchiveKind,
  { size, [unit]: place }: TableSegment,
  offset: number,
): string | undefined {
  if (!(Number.isSafeInteger(size) && size > 0 && size <= mostOfBlock))
    return `it has ${size} bytes of tar, where 1 to ${mostOfBlock} are possible`;
  if (place === undefined) return `it has no ${unit} in ${file}, where others have one`;
  if (!holds(size, place.size)) return `no ${unit} of ${place.size} bytes holds ${size} bytes of tar`;
  if (place.offset !== offset) return `its ${unit} begins at byte ${place.offset} instead of ${offset}`;
  return undefined;
}

function totalFault(segments: readonly TableSegment[], size: number): string | undefined {
  const total = segments.reduce((sum, segment) => sum + segment.size, 0);
  if (total === size) return undefined;
  return `the segments have ${total} bytes of tar in all, where the tar has ${size}`;
}

/** Behind the last block there is the index, to the byte. */
function tailFault(
  { tailSizes, start, unit, file, tail }: ArchiveKind,
  segments: readonly TableSegment[],
  files: TableOwner['files'],
): string | undefined {
  const [least, most] = tailSizes(segments);
  const last = segments.at(-1)?.[unit];
  const left = (files[file]?.size ?? 0) - (last === undefined ? start : last.offset + last.size);
  if (left >= least && left <= most && (left - least) % 4 === 0) return undefined;
  const wanted = least === most ? most : `${least} to ${most}`;
  return `${file} has ${left} bytes behind its ${unit}s, where ${tail} ${wanted}`;
}

/** LZMA2 stores what it cannot compress, with three bytes more for some 60 KiB; a header has at most 1024. Rounded up. */
function mostBlockSize(size: number): number {
  return size + Math.ceil(size / 1024) + 2048;
}

function sizesOf({ size, block }: TableSegment, padding: number): BlockSizes {
  return { unpaddedSize: block.size - padding, uncompressedSize: size };
}
