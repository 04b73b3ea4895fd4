// What an implementation of xz has to do, so that another engine can take the place of the first.

import type { Duplex } from 'node:stream';
import { CooperError } from '../../errors/index.ts';
import type { XzFilter } from './block-header.ts';
import type { ByteCoder } from './coder-stream.ts';

/** How to compress. */
export interface XzOptions {
  /** Without 0: lzma-native takes it for 6. */
  readonly preset: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  /** Blocks compressed at the same time; 0 is one for each processor. Does not change the bytes. */
  readonly threads: number;
}

/** How to compress one block. */
export interface BlockOptions {
  readonly preset: XzOptions['preset'];
  readonly filter: XzFilter;
}

/** Uncompressed bytes of a block: what `xz -T2 -6` takes, three times the dictionary. */
export const xzBlockSize = 24 * 1024 * 1024;

/** Bytes of memory that decompression may take; xz -9 needs 65 MiB. */
export const memoryLimit = 256 * 1024 * 1024;

/**
 * Bytes of memory that compressing one block with preset 6 takes at most, beside its data and twice its result. Blocks smaller
 * than the dictionary of 8 MiB take less: 26 MiB for 1 MiB, 36 MiB for 2 MiB.
 */
export const blockEncoderMemory = 96 * 1024 * 1024;

/** An implementation. Errors of its streams are `archive-corrupt` and `archive-too-large`. */
export interface XzEngine {
  /** Version of the liblzma inside, as it calls itself (`5.4.1`): another one may compress the same data to other bytes. */
  liblzmaVersion(): string;
  /** One stream with CRC64 and blocks of `xzBlockSize`. */
  createEncoder(options: XzOptions): Duplex;
  /**
   * One stream with CRC64 and a single block, or none when no data comes. It works on one of libuv's threads. The block's header
   * need not hold its sizes, which an encoder does not know when it begins: block.ts writes it anew.
   */
  openBlockEncoder(options: BlockOptions): ByteCoder;
  /**
   * Reads any number of concatenated streams with padding, at most `limit` bytes of data in all, and at most `memoryLimit`
   * of memory. What came out before an error must be thrown away. Compressed bytes are taken as they are asked for.
   */
  createDecoder(limit: number): Duplex;
  /** The same decoder without a stream around it. Each of its parts is valid until the next one is asked for. */
  openDecoder(limit: number): ByteCoder;
  /**
   * The same for data of that size, which comes as one part where the engine can do that: then everything is done on one of
   * libuv's threads, whatever the main thread does meanwhile. Parts stay valid; they may be in memory that `take` gives.
   */
  openWholeDecoder(size: number, take?: TakeRoom): ByteCoder;
}

/** Gives memory of that size, with anything in it. */
export type TakeRoom = (size: number) => Buffer;

/** The error of a stream that grows past its limit. */
export function tooLarge(limit: number): CooperError {
  return new CooperError('archive-too-large', { what: `the xz stream holds more than the ${limit} bytes expected` });
}

/** The error for what liblzma calls `name` (LZMA_DATA_ERROR …) while it decompresses; `error` itself when it is not liblzma's. */
export function decodeFailure(name: string, error: unknown): unknown {
  if (name === 'LZMA_MEMLIMIT_ERROR' || name === 'LZMA_MEM_ERROR') return tooMuchMemory(error);
  return name.startsWith('LZMA_') ? damaged(error) : error;
}

function tooMuchMemory(cause: unknown): CooperError {
  return new CooperError('archive-too-large', { what: 'the xz stream needs too much memory to decompress', cause });
}

function damaged(cause: unknown): CooperError {
  return new CooperError('archive-corrupt', { what: 'the xz stream is damaged or cut short', cause });
}
