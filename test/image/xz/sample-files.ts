// Small xz files, made by xz itself and by Cooper, and ways to spoil them.

import { execFileSync } from 'node:child_process';
import { crc32 } from 'node:zlib';
import { decodeBlock } from '../../../image/xz/block.ts';
import { encodeBlockHeader } from '../../../image/xz/block-header.ts';
import type { BlockSizes } from '../../../image/xz/block-index.ts';
import { type EncodedBlock, readLayout } from '../../../image/xz/container.ts';
import type { XzEngine } from '../../../image/xz/engine.ts';

/** What xz makes of `bytes` with these options. */
export const xz = (bytes: Buffer, ...options: readonly string[]): Buffer =>
  execFileSync('xz', ['-c', ...options], { input: bytes, maxBuffer: 2 ** 30 });

/** Reads from memory as `readLayout` wants it. */
export const readFrom = (bytes: Buffer) => (offset: number, length: number) => bytes.subarray(offset, offset + length);

/** All data of a file, block by block. Its check has to be CRC64. */
export async function decodeByBlocks(engine: XzEngine, file: Buffer): Promise<Buffer> {
  const { blocks } = await readLayout(readFrom(file), file.length);
  const parts = blocks.map((place) =>
    decodeBlock(engine, file.subarray(place.offset, place.offset + place.size), place),
  );
  return Buffer.concat(await Promise.all(parts));
}

/** A copy with some bits of one byte turned over. */
export function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ mask, at);
  return copy;
}

/** A copy whose checksum over the bytes from `from` to `to` is right again; it stands at `at`. */
export function withChecksum(bytes: Buffer, from: number, to: number, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(crc32(copy.subarray(from, to)), at);
  return copy;
}

/** The block with another header: what it says may be wrong, its checksum is right. Payload and check may be replaced too. */
export function disguised(
  block: EncodedBlock,
  lie: { readonly uncompressedSize?: number; readonly dictionarySize?: number; readonly payload?: Buffer },
): { readonly bytes: Buffer; readonly sizes: BlockSizes } {
  const headerSize = (block.bytes.readUInt8(0) + 1) * 4;
  const payload = lie.payload ?? block.bytes.subarray(headerSize, block.unpaddedSize - 8);
  const uncompressedSize = lie.uncompressedSize ?? block.uncompressedSize;
  const dictionarySize = lie.dictionarySize ?? 8 * 2 ** 20;
  const header = encodeBlockHeader({
    compressedSize: payload.length,
    uncompressedSize,
    filter: 'plain',
    dictionarySize,
  });
  const padding = Buffer.alloc(-payload.length & 3);
  return {
    bytes: Buffer.concat([header, payload, padding, block.bytes.subarray(-8)]),
    sizes: { unpaddedSize: header.length + payload.length + 8, uncompressedSize },
  };
}
