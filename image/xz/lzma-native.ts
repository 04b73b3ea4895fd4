// The xz engine that needs no toolchain: lzma-native with its own liblzma 5.2. Its traps are handled here: CRC32 is
// its default check, concatenated streams need a flag, and one write may expand without bound.

import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type lzma from 'lzma-native';
import { type ByteCoder, CoderStream } from './coder-stream.ts';
import { decodeFailure, memoryLimit, tooLarge, type XzEngine, xzBlockSize } from './engine.ts';

/** Bytes given to liblzma at once: xz expands up to about 11,000 times, so this is at most some 90 MB. */
const feedSize = 8 * 1024;

// LZMA_CONCATENATED of liblzma's API; the package's types only know its name.
const concatenated = 0x08;

type LzmaStream = ReturnType<typeof lzma.createStream>;

let loaded: typeof lzma | undefined;

// When it is needed: loading it takes longer than many a worker's work.
function library(): typeof lzma {
  loaded ??= createRequire(import.meta.url)('lzma-native') as typeof lzma;
  return loaded;
}

/** lzma-native as an engine. */
export const lzmaNativeEngine: XzEngine = {
  createEncoder({ preset, threads }): Duplex {
    // blockSize alone has no effect: it needs `threads`, also with one.
    return library().createStream('easyEncoder', { preset, threads, blockSize: xzBlockSize, check: crc64() });
  },
  createDecoder(limit): Duplex {
    return new CoderStream(new Decoder(limit), feedSize);
  },
  openDecoder: (limit) => new Decoder(limit),
};

function crc64(): lzma.Check {
  return (library() as unknown as { readonly CHECK_CRC64: lzma.Check }).CHECK_CRC64;
}

/** Turns lzma-native's stream into one question and answer at a time, so that nothing piles up. */
class Decoder implements ByteCoder {
  readonly #limit: number;
  readonly #stream: LzmaStream;
  #output: Buffer[] = [];
  #size = 0;
  #error: unknown;
  #settle: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
    const options = { memlimit: memoryLimit, flags: concatenated };
    this.#stream = library().createStream('streamDecoder', options as unknown as lzma.LzmaOptions);
    this.#stream.on('data', (part: Buffer) => this.#take(part));
    this.#stream.on('error', (error: unknown) => this.#fail(error));
  }

  async *feed(input: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < input.length; at += feedSize) {
      const piece = input.subarray(at, at + feedSize);
      yield* await this.#ask((done) => this.#stream.write(piece, done));
    }
  }

  async *end(): AsyncGenerator<Buffer> {
    yield* await this.#ask((done) => this.#stream.once('end', done).end());
  }

  async close(): Promise<void> {
    this.#output = [];
    this.#stream.removeAllListeners('end');
    this.#stream.destroy();
    this.#settle?.();
  }

  async #ask(start: (done: () => void) => void): Promise<Buffer[]> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      if (this.#error === undefined) start(resolve);
      else resolve();
    });
    if (this.#error !== undefined) throw this.#error;
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #take(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= this.#limit) this.#output.push(part);
    else this.#fail(tooLarge(this.#limit));
  }

  #fail(error: unknown): void {
    this.#error ??= decodeFailure(error instanceof Error ? error.name : '', error);
    this.#settle?.();
  }
}
