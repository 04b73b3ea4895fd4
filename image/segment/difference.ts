// What somebody who has one image needs of another. Pure.

import type { Segment } from './segment.ts';

/** Blocks of the wanted image that are not among those at hand, and their bytes. */
export interface MissingBlocks {
  readonly segments: readonly Segment[];
  readonly bytes: number;
}

/** Blocks are the same when their bytes are. */
export function missingBlocks(wanted: readonly Segment[], present: readonly Segment[]): MissingBlocks {
  const there = new Set(present.map(({ block }) => block.sha256));
  const segments = wanted.filter(({ block }) => !there.has(block.sha256));
  return { segments, bytes: segments.reduce((sum, { block }) => sum + block.size, 0) };
}
