// Small xz blocks, decompressed by every engine there is. One execution starts two decoders, which is dear: hence a target of its
// own. An input is what the index says of the block (two sizes of 64 bits, little endian), and the block.

import { crc32 } from 'node:zlib';
import { decodeBlock, encodeBlock } from '../../image/xz/block.ts';
import { type BlockSizes, isPossible } from '../../image/xz/block-index.ts';
import { chooseXzEngine } from '../../image/xz/choose.ts';
import type { EncodedBlock } from '../../image/xz/container.ts';
import type { XzEngine } from '../../image/xz/engine.ts';
import { padded } from '../../image/xz/fields.ts';
import { loadXzLibrary } from '../../native/xz.ts';
import { mutated, scribble } from '../mutate.ts';
import { Random } from '../random.ts';
import { crc64 } from '../readings/crc64.ts';
import { sampleData } from '../samples.ts';
import { archiveCodes, ensure, type Outcome, type Target, throwUnlessRefusal } from '../target.ts';

const prefix = 16;
const checkBytes = 8;
let engines: readonly XzEngine[] = [];
let blocks: readonly EncodedBlock[] = [];

/** The target. */
export const xzDecode: Target = {
  about: 'small xz blocks through every engine; dear, two decoders each',
  prepare,
  make,
  run,
};

/** Blocks of text, programs and noise, with and without the filter, of none to some thousand bytes. */
async function prepare(): Promise<void> {
  const names = loadXzLibrary().library === undefined ? ['lzma-native'] : ['liblzma', 'lzma-native'];
  engines = names.map(chooseXzEngine);
  const [engine] = engines;
  if (engine === undefined) return;
  const random = new Random(0, 0);
  const made: EncodedBlock[] = [];
  for (let number = 0; number < 64; number += 1) {
    const data = sampleData(random, number);
    made.push(await encodeBlock(engine, data, { preset: 6, filter: number % 3 === 0 ? 'x86' : 'plain' }));
  }
  blocks = made;
}

function make(random: Random): Buffer {
  const block = random.pick(blocks);
  const headerSize = ((block.bytes[0] ?? 0) + 1) * 4;
  let bytes = Buffer.from(block.bytes);
  const payload = bytes.subarray(headerSize, -checkBytes);
  const how = random.below(100);
  if (how < 60) scribble(random, payload, random.few(3));
  else if (how < 70) scribble(random, bytes.subarray(0, headerSize), random.few(2));
  else if (how < 80) scribble(random, bytes.subarray(-checkBytes), 1);
  else if (how < 90) bytes = Buffer.from(mutated(random, bytes));
  else if (how < 95) random.pick(blocks).bytes.copy(bytes, headerSize);
  // The header alone tells a truth that nobody else does.
  if (random.percent(90) && headerSize <= bytes.length) {
    bytes.writeUInt32LE(crc32(bytes.subarray(0, headerSize - 4)), headerSize - 4);
  }
  const sizes = Buffer.alloc(prefix);
  const unpadded = block.unpaddedSize + (random.percent(90) ? bytes.length - block.bytes.length : random.below(9) - 4);
  sizes.writeBigInt64LE(BigInt(unpadded), 0);
  sizes.writeBigInt64LE(BigInt(block.uncompressedSize + (random.percent(95) ? 0 : random.below(5) - 2)), 8);
  return Buffer.concat([sizes, bytes]);
}

async function run(input: Buffer): Promise<Outcome> {
  if (input.length < prefix) return 'refused';
  const sizes = { unpaddedSize: Number(input.readBigInt64LE(0)), uncompressedSize: Number(input.readBigInt64LE(8)) };
  const block = input.subarray(prefix);
  const before = Buffer.from(block);
  const results = await Promise.all(engines.map((engine) => decoded(engine, block, sizes)));
  ensure(before.equals(block), 'the block was written to');
  const [data] = results;
  const same = results.every((other) => (data === undefined ? other === undefined : other?.equals(data) === true));
  ensure(same, `the engines differ: ${results.map((each) => each?.length ?? 'refused').join(', ')}`);
  if (data === undefined) return 'refused';
  ensure(isPossible(sizes), 'sizes that no block has');
  ensure(block.length === padded(sizes.unpaddedSize) && data.length === sizes.uncompressedSize, 'other sizes');
  ensure(crc64(data) === block.readBigUInt64LE(block.length - checkBytes), 'the data has another checksum');
  return 'accepted';
}

async function decoded(engine: XzEngine, block: Buffer, sizes: BlockSizes): Promise<Buffer | undefined> {
  try {
    return await decodeBlock(engine, block, sizes);
  } catch (error) {
    throwUnlessRefusal(archiveCodes, error);
    return undefined;
  }
}
