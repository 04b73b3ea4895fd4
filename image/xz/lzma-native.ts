// The xz engine that needs no toolchain: lzma-native with its own liblzma 5.2. Its traps are handled here: CRC32 is
// its default check, concatenated streams need a flag, and one write may expand without bound.

import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type lzma from 'lzma-native';
import { type ByteCoder, CoderStream } from './coder-stream.ts';
import { decodeFailure, memoryLimit, tooLarge, type XzEngine, xzBlockSize } from './engine.ts';

/** Bytes given to liblzma at once to decompress: xz expands up to about 7,000 times, so this is at most some 60 MB. */
const decodeFeedSize = 8 * 1024;

/** Bytes given to liblzma at once to compress: it copies them. */
const encodeFeedSize = 1024 * 1024;

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
  liblzmaVersion: () => library().versionString(),
  createEncoder({ preset, threads }): Duplex {
    // blockSize alone has no effect: it needs `threads`, also with one.
    return library().createStream('easyEncoder', { preset, threads, blockSize: xzBlockSize, check: crc64() });
  },
  openBlockEncoder({ preset, filter }): ByteCoder {
    // With `preset` and any other option of LZMA2 the other is ignored in silence; without it the defaults are no preset's.
    const lzma2 = { id: 'LZMA_FILTER_LZMA2', options: { preset } };
    const filters = filter === 'x86' ? [{ id: 'LZMA_FILTER_X86' }, lzma2] : [lzma2];
    const stream = library().createStream('streamEncoder', { filters, check: crc64() } as unknown as lzma.LzmaOptions);
    return new Coder(stream, { limit: Number.POSITIVE_INFINITY, feedSize: encodeFeedSize, explain: (error) => error });
  },
  createDecoder(limit): Duplex {
    return new CoderStream(openDecoder(limit), decodeFeedSize);
  },
  openDecoder,
  openWholeDecoder: (size) => openDecoder(size),
};

function openDecoder(limit: number): ByteCoder {
  const options = { memlimit: memoryLimit, flags: concatenated };
  const stream = library().createStream('streamDecoder', options as unknown as lzma.LzmaOptions);
  return new Coder(stream, { limit, feedSize: decodeFeedSize, explain: explainDecoder });
}

function crc64(): lzma.Check {
  return (library() as unknown as { readonly CHECK_CRC64: lzma.Check }).CHECK_CRC64;
}

function explainDecoder(error: unknown): unknown {
  return decodeFailure(error instanceof Error ? error.name : '', error);
}

interface Terms {
  /** Bytes of output at most. */
  readonly limit: number;
  /** Bytes of input for one question. */
  readonly feedSize: number;
  /** Makes an error for the caller of one of lzma-native's. */
  readonly explain: (error: unknown) => unknown;
}

/** Turns lzma-native's stream into one question and answer at a time, so that nothing piles up. */
class Coder implements ByteCoder {
  readonly #stream: LzmaStream;
  readonly #terms: Terms;
  #output: Buffer[] = [];
  #size = 0;
  #error: unknown;
  #settle: (() => void) | undefined;

  constructor(stream: LzmaStream, terms: Terms) {
    this.#stream = stream;
    this.#terms = terms;
    this.#stream.on('data', (part: Buffer) => this.#take(part));
    this.#stream.on('error', (error: unknown) => this.#fail(error));
  }

  async *feed(input: Buffer): AsyncGenerator<Buffer> {
    const { feedSize } = this.#terms;
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
    // Without it the memory of an encoder that is given up, 94 MiB, stays until it is collected. It would wait for running work.
    if (this.#settle === undefined) (this.#stream as unknown as { cleanup(): void }).cleanup();
    else this.#settle();
  }

  async #ask(start: (done: () => void) => void): Promise<Buffer[]> {
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      if (this.#error === undefined) start(resolve);
      else resolve();
    });
    this.#settle = undefined;
    if (this.#error !== undefined) throw this.#error;
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #take(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= this.#terms.limit) this.#output.push(part);
    else this.#fail(tooLarge(this.#terms.limit));
  }

  #fail(error: unknown): void {
    this.#error ??= this.#terms.explain(error);
    this.#settle?.();
  }
}
