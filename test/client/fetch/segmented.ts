// A small archive in blocks with its table, as the packer makes them, and what a manifest says of it.

import { randomBytes } from 'node:crypto';
import type { Segment } from '../../../image/index.ts';
import { assembleStream, type EncodedBlock } from '../../../image/xz/container.ts';
import { encodeBlock } from '../../../image/xz.ts';
import { digestOf, type FileDigest } from '../../../keys/digest.ts';

/** An archive and what is known of it. */
export interface Segmented {
  readonly file: Buffer;
  readonly data: Buffer;
  readonly digest: FileDigest;
  readonly segments: readonly Segment[];
}

/** Pieces that do not get smaller, so that blocks of pieces of one size have one size. */
export function randomPieces(count: number, size = 60_000): Buffer[] {
  return Array.from({ length: count }, () => randomBytes(size));
}

/** One block a piece. */
export async function segmented(pieces: readonly Buffer[]): Promise<Segmented> {
  const blocks: EncodedBlock[] = [];
  for (const piece of pieces) blocks.push(await encodeBlock(piece, { preset: 1, filter: 'plain' }));
  const parts: Buffer[] = [];
  const places = await assembleStream(blocks, (bytes) => parts.push(bytes));
  const file = Buffer.concat(parts);
  const segments = pieces.flatMap((piece, at): Segment[] => {
    const [place, block] = [places[at], blocks[at]];
    if (place === undefined || block === undefined) return [];
    return [
      { name: `p${at}`, layer: 0, ...digestOf(piece), block: { offset: place.offset, ...digestOf(block.bytes) } },
    ];
  });
  return { file, data: Buffer.concat(pieces), digest: digestOf(file), segments };
}
