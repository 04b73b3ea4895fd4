// The typed face of xz.node: coders of the system's liblzma, which work off the main thread. The addon is
// optional. It knows nothing of streams, limits of output, or what an error means to a user.

import { createRequire } from 'node:module';
import { nativeFile } from './package-root.ts';

const require = createRequire(import.meta.url);

/** Bytes taken from the input and put into the output by one step; `finished` after the last one. */
export interface XzStep {
  readonly consumed: number;
  readonly produced: number;
  readonly finished: boolean;
}

/** One compression or decompression. Its memory and threads are held until `close`. */
export interface XzCoder {
  /**
   * Works until `input` is consumed or `output` is full; an encoder also returns when a tenth of a second brought
   * nothing. After `end` was true once it stays so, with what is left of the input. One step at a time; neither buffer
   * may be touched meanwhile. Rejects with an Error whose `code` is liblzma's: LZMA_DATA_ERROR, LZMA_MEMLIMIT_ERROR,
   * LZMA_BUF_ERROR (at the second step that cannot go on: the input is cut short) and so on; then only `close` is left.
   */
  step(input: Uint8Array, output: Uint8Array, end: boolean): Promise<XzStep>;
  /** Waits for a running step, stops the threads and frees the memory. May be called again. */
  close(): Promise<void>;
}

/** liblzma of this system. All of them throw an Error with liblzma's code when the options or the memory do not suffice. */
export interface XzLibrary {
  /** Of the library that runs: `5.4.1`. */
  readonly version: string;
  /** Blocks of `blockSize` bytes, CRC64; `threads` 0 is one for each processor. The bytes do not depend on it. */
  createEncoder(options: { readonly preset: number; readonly threads: number; readonly blockSize: number }): XzCoder;
  /** One block with CRC64, without threads of its own; `x86` puts the filter for x86 machine code before LZMA2. */
  createBlockEncoder(options: { readonly preset: number; readonly x86: boolean }): XzCoder;
  /** Reads concatenated streams with padding; needs at most `memoryLimit` bytes itself. */
  createDecoder(memoryLimit: number): XzCoder;
}

/** What xz.node exports (native/xz/addon.c). */
interface Addon {
  encoder(preset: number, threads: number, blockSize: number): object;
  blockEncoder(preset: number, x86: boolean): object;
  decoder(memoryLimit: number): object;
  version(): string;
  step(handle: object, input: Uint8Array, output: Uint8Array, end: boolean): Promise<XzStep>;
  end(handle: object): Promise<void>;
}

class AddonCoder implements XzCoder {
  readonly #addon: Addon;
  readonly #handle: object;
  #running: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(addon: Addon, handle: object) {
    this.#addon = addon;
    this.#handle = handle;
  }

  step(input: Uint8Array, output: Uint8Array, end: boolean): Promise<XzStep> {
    const step = this.#addon.step(this.#handle, input, output, end);
    // Its failure is the caller's; here only its end matters.
    this.#running = step.catch(() => undefined);
    return step;
  }

  close(): Promise<void> {
    this.#closed ??= this.#running.then(() => this.#addon.end(this.#handle)).then(() => undefined);
    return this.#closed;
  }
}

/** Loads the addon. The reason why it does not load is an outcome, not a failure: it was perhaps never compiled. */
export function loadXzLibrary():
  | { readonly library: XzLibrary }
  | { readonly library?: never; readonly reason: unknown } {
  let addon: Addon;
  try {
    addon = require(nativeFile('xz.node')) as Addon;
  } catch (reason) {
    return { reason };
  }
  const library: XzLibrary = {
    version: addon.version(),
    createEncoder: ({ preset, threads, blockSize }) => new AddonCoder(addon, addon.encoder(preset, threads, blockSize)),
    createBlockEncoder: ({ preset, x86 }) => new AddonCoder(addon, addon.blockEncoder(preset, x86)),
    createDecoder: (memoryLimit) => new AddonCoder(addon, addon.decoder(memoryLimit)),
  };
  return { library };
}
