// Takes the body of an answer, which begins anywhere in a file, and keeps of it the missing pieces. A piece counts once all
// of it was written and has its digest.

import { createHash, type Hash } from 'node:crypto';
import { CooperError } from '../errors/index.ts';
import type { FilePiece } from './runs.ts';

/** The pieces of a file that are still to be had. */
export interface MissingPieces {
  /** In the order of the file; none twice. */
  list(): readonly FilePiece[];
  /** Puts bytes of a missing piece at their position in the file. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** All of the piece was written and is right: it is no longer missing. */
  arrived(piece: FilePiece): void;
}

/** Bytes that are gathered before they are written: they come 16 KiB at a time, and each write has to go through another thread. */
const gathered = 1024 * 1024;

/** Of one answer. */
export class PieceSink {
  readonly #url: string;
  readonly #missing: MissingPieces;
  #at: number;
  #waiting: readonly FilePiece[];
  #hash: Hash | undefined;
  /** Of the first piece that is waited for, not written yet; ends at `#at`. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** `start`: position in the file of the first byte that comes. */
  constructor(url: string, missing: MissingPieces, start: number) {
    this.#url = url;
    this.#missing = missing;
    this.#at = start;
    this.#waiting = missing.list().filter(({ offset }) => offset >= start);
  }

  /** Takes the next bytes. Throws `download-mismatch` when a piece is another than it should be. */
  async take(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const [piece] = this.#waiting;
      const skipped = Math.min(rest.length, Math.max(0, (piece?.offset ?? Number.POSITIVE_INFINITY) - this.#at));
      rest = rest.subarray(skipped);
      this.#at += skipped;
      if (piece === undefined || rest.length === 0) return;
      const part = rest.subarray(0, piece.offset + piece.size - this.#at);
      await this.#add(piece, part);
      rest = rest.subarray(part.length);
    }
  }

  async #add(piece: FilePiece, part: Buffer): Promise<void> {
    this.#held.push(part);
    this.#heldBytes += part.length;
    this.#at += part.length;
    const whole = this.#at === piece.offset + piece.size;
    if (!whole && this.#heldBytes < gathered) return;
    this.#hash ??= createHash('sha256');
    await this.#write(this.#hash);
    if (!whole) return;
    const sha256 = this.#hash.digest('hex');
    this.#hash = undefined;
    this.#waiting = this.#waiting.slice(1);
    if (sha256 !== piece.sha256) throw this.#wrong(piece, sha256);
    this.#missing.arrived(piece);
  }

  async #write(hash: Hash): Promise<void> {
    const bytes = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    hash.update(bytes);
    await this.#missing.write(bytes, this.#at - bytes.length);
  }

  #wrong({ offset, size, sha256 }: FilePiece, received: string): CooperError {
    return new CooperError('download-mismatch', {
      what: `${this.#url} is not the file it should be: ${size} bytes from ${offset} on are others`,
      lines: [`expected sha256 ${sha256}`, `received sha256 ${received}`],
    });
  }
}
