// A small archive of either kind with its table, as the packer makes them, and what a manifest says of it.

import { randomBytes } from 'node:crypto';
import type { EncodingName, SegmentPlace } from '../../../image/index.ts';
import { assembleStream, type EncodedBlock } from '../../../image/xz/container.ts';
import { encodeBlock } from '../../../image/xz.ts';
import { encodeFrame } from '../../../image/zstd/frame.ts';
import { encodeSeekTable } from '../../../image/zstd/seek-table.ts';
import { digestOf, type FileDigest } from '../../../keys/digest.ts';

/** An archive and what is known of it. */
export interface Segmented {
  readonly file: Buffer;
  readonly data: Buffer;
  readonly digest: FileDigest;
  readonly encoding: EncodingName;
  readonly segments: readonly SegmentPlace[];
}

/** Pieces that do not get smaller, so that blocks of pieces of one size have one size. */
export function randomPieces(count: number, size = 60_000): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(size));
}

/** One block a piece. */
export async function segmented(pieces: readonly Buffer[], encoding: EncodingName = 'xz'): Promise<Segmented> {
  const { file, blocks, start } = await (encoding === 'xz' ? xzFile(pieces) : zstFile(pieces));
  let offset = start;
  const segments = pieces.map((piece, at): SegmentPlace => {
    const block = { offset, ...digestOf(blocks[at] ?? Buffer.alloc(0)) };
    offset += block.size;
    return { ...digestOf(piece), block };
  });
  return { file, data: Buffer.concat(pieces), digest: digestOf(file), encoding, segments };
}

interface Archive {
  readonly file: Buffer;
  readonly blocks: readonly Buffer[];
  /** Of the first block. */
  readonly start: number;
}

/** Equal pieces are encoded once. */
function eachOnce<T>(pieces: readonly Buffer[], encode: (piece: Buffer) => Promise<T>): Promise<T[]> {
  const begun = new Map<string, Promise<T>>();
  return Promise.all(
    pieces.map((piece) => {
      const { sha256 } = digestOf(piece);
      const block = begun.get(sha256) ?? encode(piece);
      begun.set(sha256, block);
      return block;
    }),
  );
}

async function xzFile(pieces: readonly Buffer[]): Promise<Archive> {
  const blocks = await eachOnce(pieces, (piece): Promise<EncodedBlock> => {
    return encodeBlock(piece, { preset: 1, filter: 'plain' });
  });
  const parts: Buffer[] = [];
  const [first] = await assembleStream(blocks, (bytes) => parts.push(bytes));
  return { file: Buffer.concat(parts), blocks: blocks.map(({ bytes }) => bytes), start: first?.offset ?? 0 };
}

async function zstFile(pieces: readonly Buffer[]): Promise<Archive> {
  const blocks = await eachOnce(pieces, (piece) => encodeFrame(piece, 1));
  const sizes = blocks.map(({ length: size }, at) => ({ size, uncompressedSize: pieces[at]?.length ?? 0 }));
  return { file: Buffer.concat([...blocks, encodeSeekTable(sizes)]), blocks, start: 0 };
}
