// The two archives in which the segments of an image can lie: rootfs.tar.xz, which every image has and every tool reads, and
// rootfs.tar.zst, which takes a tenth of the time to read. What they have in common, for whoever fetches and unpacks them.

import { sha256Of } from '../../keys/digest.ts';
import { sizesInHeader } from '../xz/block-header.ts';
import { type ReadAt, readLayout, streamHead, streamTail } from '../xz/container.ts';
import type { TakeRoom } from '../xz/engine.ts';
import { decodeBlock } from '../xz.ts';
import { type Decoded, decodeFrame } from '../zstd/frame.ts';
import { encodeSeekTable, type FramePlace, readFrames } from '../zstd/seek-table.ts';

/** The ends of the names of the archives. */
export const encodingNames = ['xz', 'zst'] as const;

export type EncodingName = (typeof encodingNames)[number];

/** A block on its way into a file: bytes of it and of its data, and its first `mostHeaderSize` bytes or all of it. */
export interface BlockHead {
  readonly size: number;
  readonly uncompressedSize: number;
  readonly head: Buffer;
}

/** How an archive is made of blocks, each of which holds one segment. */
export interface Encoding {
  /** What stands before the first block. */
  readonly head: Buffer;
  /** What stands behind the last. Throws `archive-corrupt` for blocks that cannot be. */
  tail(blocks: readonly BlockHead[]): Buffer;
  /** Where the blocks of a file are, in their order, by its own index; errors as of readLayout and readFrames. */
  places(read: ReadAt, size: number): Promise<readonly FramePlace[]>;
  /**
   * The data of a whole block, and their SHA-256. Throws `archive-corrupt` unless it is exactly of that size; others as of decodeBlock and decodeFrame. With `take` the
   * data may be in memory that it gives.
   */
  decode(block: Buffer, uncompressedSize: number, take?: TakeRoom): Promise<Decoded>;
}

export const encodings: Readonly<Record<EncodingName, Encoding>> = {
  xz: {
    head: streamHead,
    tail: (blocks) => streamTail(blocks.map(({ head }) => sizesInHeader(head, 'crc64'))),
    places: async (read, size) => (await readLayout(read, size)).blocks,
    decode: async (block, uncompressedSize, take) => {
      const data = await decodeBlock(block, { ...sizesInHeader(block, 'crc64'), uncompressedSize }, { take });
      return { data, sha256: sha256Of(data) };
    },
  },
  zst: {
    head: Buffer.alloc(0),
    tail: encodeSeekTable,
    places: readFrames,
    decode: decodeFrame,
  },
};
