// What is wrong with the segment table of a manifest, found before anything is fetched or opened. Pure, and light enough for a
// worker. The table has to be what the packer writes: blocks one behind the other from the stream's header to its index, and
// pieces that are all of the tar. What it refuses, no file of that size can be.

import { type BlockSizes, indexSizeOf, isPossible, mostBlocks } from '../xz/block-index.ts';
import { frameSize } from '../xz/stream-frame.ts';

/** Bytes of tar that a block may have: two are decoded at once, in memory (docs/SEGMENTS.md, "Cuts"). */
export const mostOfBlock = 32 * 2 ** 20;

/** What of a segment says where it is. In bytes. */
export interface TableSegment {
  /** Of the tar. */
  readonly size: number;
  readonly block: { readonly offset: number; readonly size: number };
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
  const archive = files['rootfs.tar.xz'];
  if (archive === undefined) return 'there are segments, but rootfs.tar.xz is not among the files';
  if (segments.length > mostBlocks) return `there are ${segments.length} segments, where ${mostBlocks} are allowed`;
  let [offset, total] = [frameSize, 0];
  for (const [at, segment] of segments.entries()) {
    const fault = segmentFault(segment, offset);
    if (fault !== undefined) return `segment ${at + 1}: ${fault}`;
    offset += segment.block.size;
    total += segment.size;
  }
  if (total !== size) return `the segments have ${total} bytes of tar in all, where the tar has ${size}`;
  return tailFault(segments, archive.size - offset);
}

// A block and a piece of bounded size: no sum over `mostBlocks` of them leaves what JavaScript counts exactly.
function segmentFault({ size, block }: TableSegment, offset: number): string | undefined {
  if (!(Number.isSafeInteger(size) && size > 0 && size <= mostOfBlock))
    return `it has ${size} bytes of tar, where 1 to ${mostOfBlock} are possible`;
  if (!(isPossible(shortest({ size, block })) && block.size % 4 === 0 && block.size <= mostBlockSize(size)))
    return `no block of ${block.size} bytes holds ${size} bytes of tar`;
  if (block.offset !== offset) return `its block begins at byte ${block.offset} instead of ${offset}`;
  return undefined;
}

/** LZMA2 stores what it cannot compress, with three bytes more for some 60 KiB; a header has at most 1024. Rounded up. */
function mostBlockSize(size: number): number {
  return size + Math.ceil(size / 1024) + 2048;
}

/** Behind the last block there is the index and the footer, to the byte. How much the padding of a block is, no table says. */
function tailFault(segments: readonly TableSegment[], left: number): string | undefined {
  const most = indexSizeOf(segments.map(longest)) + frameSize;
  const least = indexSizeOf(segments.map(shortest)) + frameSize;
  if (left % 4 === 0 && left >= least && left <= most) return undefined;
  const wanted = least === most ? most : `${least} to ${most}`;
  return `rootfs.tar.xz has ${left} bytes behind its blocks, where index and footer take ${wanted}`;
}

function longest({ size, block }: TableSegment): BlockSizes {
  return { unpaddedSize: block.size, uncompressedSize: size };
}

function shortest({ size, block }: TableSegment): BlockSizes {
  return { unpaddedSize: block.size - 3, uncompressedSize: size };
}
