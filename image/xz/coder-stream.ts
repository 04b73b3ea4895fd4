// A coder as a stream. It works on one chunk at a time and not while the reader has enough, so that neither input nor
// output piles up; destroyed, also in the middle of work or while it waits, it closes once the coder has.

import { Duplex } from 'node:stream';

/** What does the work. Its parts come as they are asked for; a failure is final. */
export interface ByteCoder {
  feed(input: Buffer): AsyncIterable<Buffer>;
  /** The rest, when no more input comes. */
  end(): AsyncIterable<Buffer>;
  /** Waits for work that cannot be broken off, then gives memory and threads back. Called once. */
  close(): Promise<void>;
}

type Done = (error?: Error | null) => void;

/** Owns the coder and closes it. */
export class CoderStream extends Duplex {
  readonly #coder: ByteCoder;
  #goOn: (() => void) | undefined;

  /** `highWaterMark`: bytes that may wait for the reader while the coder works on. */
  constructor(coder: ByteCoder, highWaterMark: number) {
    super({ readableHighWaterMark: highWaterMark });
    this.#coder = coder;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#give(this.#coder.feed(chunk)).then(() => done(), done);
  }

  override _final(done: Done): void {
    this.#give(this.#coder.end()).then(() => {
      this.push(null);
      done();
    }, done);
  }

  override _read(): void {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
  }

  override _destroy(error: Error | null, done: Done): void {
    this._read();
    this.#coder.close().then(() => done(error), done);
  }

  async #give(parts: AsyncIterable<Buffer>): Promise<void> {
    for await (const part of parts) {
      if (!this.destroyed && !this.push(part)) await this.#wanted();
      if (this.destroyed) return;
    }
  }

  #wanted(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }
}
