// Which requests bring the missing pieces of a file. Pure.

import type { FileDigest } from '../keys/digest.ts';
import type { FilePart } from './file-part.ts';

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

/** With what little lies before and behind: a whole file is asked for as such, so that a server without ranges sends nothing in vain. */
export function widened({ start, end }: Run, fileSize: number): FilePart {
  return {
    start: start <= gapWorthARequest ? 0 : start,
    end: fileSize - end <= gapWorthARequest ? fileSize : end,
    fileSize,
  };
}

/** Bytes that a server with ranges sends for the missing pieces, in the order of the file. */
export function requestedBytes(missing: readonly FilePiece[], fileSize: number): number {
  const parts = planRuns(missing).map((run) => widened(run, fileSize));
  return parts.reduce((sum, { start, end }) => sum + end - start, 0);
}
