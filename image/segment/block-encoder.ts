// Compresses a segment for each archive that is wanted, or takes what the cache has of it.

import type { Slots } from '../../events/index.ts';
import { digestOf, type FileDigest } from '../../keys/digest.ts';
import type { XzFilter } from '../xz/block-header.ts';
import type { EncodedBlock } from '../xz/container.ts';
import { encodeBlock, encoderName } from '../xz.ts';
import { encodeFrame, zstdEncoderName } from '../zstd/frame.ts';
import type { BlockCache } from './block-cache.ts';

/** How segments are compressed. */
export interface BlockEncoding {
  /** Level of zstd; undefined: there is no rootfs.tar.zst. */
  readonly zstd?: number | undefined;
  readonly cache?: BlockCache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For what takes a processor, and much memory, to itself. */
  readonly slots: Slots;
}

/** A segment, compressed. */
export interface EncodedSegment {
  /** Of the data. */
  readonly digest: FileDigest;
  readonly block: EncodedBlock;
  readonly frame?: Buffer;
  /** Nothing had to be compressed. */
  readonly reused: boolean;
}

// With the name of the encoder: changes when the same bytes and filter would give another block, so that a file never depends
// on what a cache has of another version.
const filterNames: Readonly<Record<XzFilter, string>> = { plain: 'lzma2-6', x86: 'x86-lzma2-6' };

/** Throws `zstd-unavailable`, and the reason of the signal. */
export async function encodeSegment(bytes: Buffer, filter: XzFilter, encoding: BlockEncoding): Promise<EncodedSegment> {
  const digest = digestOf(bytes);
  const both = await Promise.all([encodeXz(bytes, digest, filter, encoding), encodeZst(bytes, digest, encoding)]);
  const [{ block, reused }, frame] = both;
  if (frame === undefined) return { digest, block, reused };
  return { digest, block, frame: frame.bytes, reused: reused && frame.reused };
}

async function encodeXz(
  bytes: Buffer,
  { sha256, size }: FileDigest,
  filter: XzFilter,
  { cache, signal, slots }: BlockEncoding,
): Promise<{ readonly block: EncodedBlock; readonly reused: boolean }> {
  const key = { sha256, encoding: `${filterNames[filter]}-${encoderName()}` };
  const known = cache?.get(key);
  if (known !== undefined) return { block: fromCache(known, size), reused: true };
  const block = await slots.run(() => encodeBlock(bytes, { preset: 6, filter }, signal), signal);
  cache?.put(key, forCache(block));
  return { block, reused: false };
}

async function encodeZst(
  bytes: Buffer,
  { sha256 }: FileDigest,
  { zstd, cache, signal, slots }: BlockEncoding,
): Promise<{ readonly bytes: Buffer; readonly reused: boolean } | undefined> {
  if (zstd === undefined) return undefined;
  const key = { sha256, encoding: zstdEncoderName(zstd) };
  const known = cache?.get(key);
  if (known !== undefined) return { bytes: known, reused: true };
  const frame = await slots.run(() => encodeFrame(bytes, zstd, signal), signal);
  cache?.put(key, frame);
  return { bytes: frame, reused: false };
}

/** The block after one byte: how many of its own are padding. */
function forCache({ bytes, unpaddedSize }: EncodedBlock): Buffer {
  return Buffer.concat([Buffer.from([bytes.length - unpaddedSize]), bytes]);
}

function fromCache(content: Buffer, uncompressedSize: number): EncodedBlock {
  const bytes = content.subarray(1);
  return { bytes, unpaddedSize: bytes.length - (content[0] ?? 0), uncompressedSize };
}
