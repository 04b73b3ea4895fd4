// Frames of zstd in which nothing is compressed, so that it is known what is in them. They have headers of every kind; the encoder
// writes one.

import type { Random } from './random.ts';
import { xxh64 } from './readings/xxh64.ts';

/** A frame and how many bytes of data it has. */
export interface SizedFrame {
  readonly bytes: Buffer;
  readonly size: number;
}

/** Any such frame, of up to some thousand bytes of data. */
export function plainFrame(random: Random): SizedFrame {
  const count = 1 + random.below(4);
  const blocks = Array.from({ length: count }, (_, at) => plainBlock(random, at === count - 1));
  const data = Buffer.concat(blocks.map((block) => block.data));
  const checked = random.percent(80);
  const checksum = Buffer.alloc(checked ? 4 : 0);
  if (checked) checksum.writeUInt32LE(Number(BigInt.asUintN(32, xxh64(data))));
  const header = anyHeader(random, data.length, checked);
  return { bytes: Buffer.concat([header, ...blocks.map(({ bytes }) => bytes), checksum]), size: data.length };
}

/** As it is, or one byte again and again. */
function plainBlock(random: Random, last: boolean): { readonly bytes: Buffer; readonly data: Buffer } {
  const repeated = random.percent(50);
  const size = random.pick([0, 1, random.below(40), random.below(300), repeated ? random.below(40_000) : 256]);
  const content = random.bytes(repeated ? 1 : size);
  const header = Buffer.alloc(3);
  header.writeUIntLE(size * 8 + (repeated ? 2 : 0) + (last ? 1 : 0), 0, 3);
  return { bytes: Buffer.concat([header, content]), data: repeated ? Buffer.alloc(size, content) : content };
}

/**
 * With a window, seldom larger than zstd takes, or without; a dictionary that is none; and the size in any number of bytes that
 * hold it.
 */
function anyHeader(random: Random, size: number, checked: boolean): Buffer {
  const single = random.percent(50);
  const widths = [0, 1, 2, 3].filter((width) => (width === 0 ? single && size < 256 : width !== 1 || size >= 256));
  const width = random.pick(widths);
  const dictionary = random.percent(80) ? 0 : random.below(4);
  const unused = random.percent(10) ? 0x10 : 0;
  const descriptor = width * 0x40 + (single ? 0x20 : 0) + unused + (checked ? 0x04 : 0) + dictionary;
  const sizeField = Buffer.alloc(8);
  sizeField.writeUInt32LE(width === 1 ? size - 256 : size);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor]),
    Buffer.from(single ? [] : [random.below((22 + 1) * 8)]),
    Buffer.alloc([0, 1, 2, 4][dictionary] ?? 0),
    sizeField.subarray(0, 2 ** width),
  ]);
}
