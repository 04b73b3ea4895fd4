// Which requests bring the missing pieces of a file. Pure.

import type { FileDigest } from '../keys/digest.ts';

/** A piece of a file, known by its digest. */
export interface FilePiece extends FileDigest {
  readonly offset: number;
}

/** Bytes from `start` to before `end`, for one request. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** Bytes between two missing pieces that are fetched as well rather than asked for around: what a request costs otherwise. */
export const gapWorthARequest = 16 * 1024;

/** The missing pieces, in the order of the file, as few requests. */
export function planRuns(missing: readonly FilePiece[]): Run[] {
  const runs: { start: number; end: number }[] = [];
  for (const { offset, size } of missing) {
    const last = runs.at(-1);
    if (last !== undefined && offset - last.end <= gapWorthARequest) last.end = offset + size;
    else runs.push({ start: offset, end: offset + size });
  }
  return runs;
}
