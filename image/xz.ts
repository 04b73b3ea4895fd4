// What Cooper needs of xz, whatever engine does it. Compressed bytes depend on the data and the preset alone, never on
// the number of threads; decompression is capped, because a few kilobytes can stand for gigabytes.

import { createWriteStream } from 'node:fs';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BlockDecoding, decodeBlock as decodeBlockWith, encodeBlock as encodeBlockWith } from './xz/block.ts';
import type { BlockSizes } from './xz/block-index.ts';
import { chooseXzEngine } from './xz/choose.ts';
import type { EncodedBlock } from './xz/container.ts';
import type { BlockOptions, XzEngine, XzOptions } from './xz/engine.ts';
import { lzmaNativeEngine } from './xz/lzma-native.ts';

export type { XzOptions } from './xz/engine.ts';

let chosen: XzEngine | undefined;

function engine(): XzEngine {
  chosen ??= chooseXzEngine(process.env.COOPER_XZ_ENGINE);
  return chosen;
}

/** Compresses `source` into a file that is made or replaced and synced, not atomic. One xz stream, CRC64. */
export async function compressXz(
  source: Readable,
  target: string,
  options: XzOptions & { readonly signal?: AbortSignal },
): Promise<void> {
  await pipeline(source, engine().createEncoder(options), createWriteStream(target, { flush: true }), {
    signal: options.signal,
  });
}

/**
 * A stream from xz bytes to data; fails with `archive-too-large` as soon as more than `limit` bytes come out, with
 * `archive-corrupt` on damage or a missing end. What came out before an error must be thrown away.
 */
export function createXzDecoder(limit: number): Duplex {
  return engine().createDecoder(limit);
}

/**
 * Decompresses pieces as they come, without the cost of streams; errors as `createXzDecoder`. A part is valid until the next
 * one is asked for.
 */
export async function* decodeXz(pieces: Iterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  const decoder = engine().openDecoder(limit);
  try {
    for (const piece of pieces) yield* decoder.feed(piece);
    yield* decoder.end();
  } finally {
    await decoder.close();
  }
}

/**
 * What decides about the bytes of a block beside its data and options: `liblzma-5.4.1`. A name that can stand as a folder. Two
 * engines with the same liblzma have the same.
 */
export function encoderName(): string {
  return `liblzma-${engine().liblzmaVersion()}`.replaceAll(/[^a-z0-9.-]/gi, '_');
}

/**
 * Compresses `data` into one block with both sizes in its header, as `assembleStream` (xz/container.ts) takes it; details and
 * errors as in xz/block.ts.
 */
export function encodeBlock(data: Buffer, options: BlockOptions, signal?: AbortSignal): Promise<EncodedBlock> {
  return encodeBlockWith(engine(), data, options, signal);
}

/** Which engine it is, and its liblzma: `liblzma 5.4.1`, `lzma-native 5.2.3`. */
export function xzEngineName(): string {
  const name = engine() === lzmaNativeEngine ? 'lzma-native' : 'liblzma';
  return `${name} ${engine().liblzmaVersion()}`;
}

/** The data of a whole block, once everything about it was found as expected; details and errors as in xz/block.ts. */
export function decodeBlock(block: Buffer, expected: BlockSizes, decoding?: BlockDecoding): Promise<Buffer> {
  return decodeBlockWith(engine(), block, expected, decoding);
}

/** Decompresses bytes in memory into at most `limit` bytes; errors as `createXzDecoder`. */
export async function decompressXz(bytes: Uint8Array, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const source = Readable.from([Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)]);
  await pipeline(source, createXzDecoder(limit), async (data: AsyncIterable<Buffer>) => {
    for await (const part of data) parts.push(part);
  });
  return Buffer.concat(parts);
}
