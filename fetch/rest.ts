// What is still to come of a file, in as many answers as it takes: of one whose size is known a broken connection loses nothing that
// is there already. Whether the bytes are the right ones is judged by the caller.

import type { FileHandle } from 'node:fs/promises';
import { CooperError } from '../errors/index.ts';
import { type Answer, type Attempt, attempt } from './attempt.ts';
import { AttemptFailure, findOwn } from './failure.ts';

/** Where bytes are put, one behind the other. */
export interface Growing {
  readonly write: (chunk: Buffer, position: number) => Promise<unknown>;
  /** Forgets all that is there. */
  readonly clear: () => Promise<unknown>;
}

/** Writes all of it. */
export async function writeAt(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
  }
}

/** Bytes for which a server is asked as often anew as at the start: one that breaks off after each byte is not asked for each. */
const step = 64 * 1024;

/** The end of what is there of a file. */
export class Gap {
  at: number;
  /** Bytes that came, also in vain. */
  fetched = 0;
  restarted = false;
  /** It is of more than one answer, or of an earlier run and this one. */
  joined: boolean;
  /** What was there was given up once, because what came behind it did not go with it. */
  doubted = false;
  readonly #file: Growing;
  readonly #tell: (bytes: number) => void;
  #furthest = 0;

  /** `at`: bytes that are there; `tell` hears how many there are. */
  constructor(file: Growing, at: number, tell: (bytes: number) => void = () => undefined) {
    this.#file = file;
    this.at = at;
    this.joined = at > 0;
    this.#furthest = at;
    this.#tell = tell;
  }

  /** How far it got, in steps, of a file of `size` bytes. Never less than before: who begins anew again and again does not get further. */
  stepsOf(size: number): number {
    return this.#furthest === size ? Math.ceil(size / step) : Math.floor(this.#furthest / step);
  }

  /** The answer begins there: at the end of what is there, or at the beginning. */
  async begin(start: number): Promise<void> {
    this.joined = start > 0;
    if (start === this.at) return;
    this.at = start;
    this.restarted = true;
    await this.#file.clear();
  }

  async take(chunk: Buffer): Promise<void> {
    await this.#file.write(chunk, this.at);
    this.at += chunk.length;
    this.fetched += chunk.length;
    this.#furthest = Math.max(this.#furthest, this.at);
    this.#tell(this.at);
  }
}

/** Of the attempt; `size`: bytes of the whole, undefined where they are not known and each attempt begins anew. */
export type RestConditions = Omit<Attempt, 'part' | 'etag'> & { readonly size: number | undefined };

/** Fetches what is behind the gap, once. Throws as attempt does; AttemptFailure `download-mismatch` for an answer that ends early. */
export async function fetchRest(url: string, gap: Gap, { size, ...conditions }: RestConditions): Promise<void> {
  // Only the end of the answer was missing.
  if (gap.fetched > 0 && gap.at === size) return;
  if (size === undefined) await gap.begin(0);
  const part = size === undefined ? undefined : { start: gap.at, end: size, fileSize: size };
  let begun: number | undefined;
  const onAnswer = (answer: Answer) => {
    begun = answer.start;
    conditions.onAnswer?.(answer);
  };
  await attempt(url, { ...conditions, part, onAnswer }, async (chunk) => {
    if (begun !== undefined) await gap.begin(begun);
    begun = undefined;
    await gap.take(chunk);
  });
  if (size === undefined || gap.at === size) return;
  const what = `${url} ends after ${gap.at} of the ${size} bytes that it should have`;
  throw new AttemptFailure(new CooperError('download-mismatch', { what }), false);
}

/**
 * Does `work`, which goes on with the gap. When it went on behind bytes that were there and ends with `download-mismatch`, it is done once more
 * from the beginning of the file, once for each gap: the first bytes may be those of another file under the same address, and a server
 * may not know how to go on. Throws what `work` throws.
 */
export async function orAnew<T>(gap: Gap, work: () => Promise<T>): Promise<T> {
  const goesOn = gap.at > 0;
  try {
    return await work();
  } catch (error) {
    if (!goesOn || gap.doubted || findOwn(error)?.error.code !== 'download-mismatch') throw error;
  }
  gap.doubted = true;
  await gap.begin(0);
  return work();
}
