// What somebody who has one image needs of another. Pure.

import type { SegmentPlace } from './read-segments.ts';

/** Blocks of the wanted image that are not among those at hand, and their bytes. */
export interface MissingBlocks {
  readonly segments: readonly SegmentPlace[];
  readonly bytes: number;
}

/** Blocks are the same when their bytes are. */
export function missingBlocks(wanted: readonly SegmentPlace[], present: readonly SegmentPlace[]): MissingBlocks {
  const there = new Set(present.map(({ block }) => block.sha256));
  const segments = wanted.filter(({ block }) => !there.has(block.sha256));
  return { segments, bytes: segments.reduce((sum, { block }) => sum + block.size, 0) };
}
