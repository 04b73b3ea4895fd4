// Where the blocks of an xz file stand: readLayout beside the second reading of the format. Blocks are not looked at, so that an
// input has none: it is the size of the file (64 bits, little endian), its first twelve bytes, and its end.

import { crc32 } from 'node:zlib';
import { encodeIndex, mostIndexSize } from '../../image/xz/block-index.ts';
import { readLayout, type XzLayout } from '../../image/xz/container.ts';
import { encodeVli, padded, sealed } from '../../image/xz/fields.ts';
import { encodeStreamFooter, encodeStreamHeader, type XzCheck } from '../../image/xz/stream-frame.ts';
import { claim, claimBytes, readerOf } from '../file-ends.ts';
import { changed, scribble } from '../mutate.ts';
import type { Random } from '../random.ts';
import { readStream } from '../readings/xz.ts';
import { archiveCodes, ensure, type Outcome, type Target, throwUnlessRefusal } from '../target.ts';

const checks: readonly XzCheck[] = ['none', 'crc32', 'crc64', 'sha256'];
const numbers: Readonly<Record<XzCheck, number>> = { none: 0, crc32: 1, crc64: 4, sha256: 10 };
const headBytes = 12;

/** The target. */
export const xzLayout: Target = {
  about: 'headers, indexes and footers of whole xz files',
  make,
  run,
};

function make(random: Random): Buffer {
  const check = random.pick(checks);
  const records = Array.from({ length: random.below(7) }, () => {
    const unpaddedSize = random.size() + 5;
    return { unpaddedSize, uncompressedSize: Math.min(random.size(), unpaddedSize * random.pick([1, 9, 16_384])) };
  });
  const { index, blocks } = madeIndex(random, records);
  const footer = encodeStreamFooter(
    random.percent(95) ? check : random.pick(checks),
    index.length + (random.percent(95) ? 0 : 4),
  );
  const head = encodeStreamHeader(check);
  let tail: Buffer = Buffer.concat([index, footer]);
  if (random.percent(40)) tail = changed(random, tail);
  if (random.percent(5)) scribble(random, head, 1);
  if (random.percent(85)) seal(head, tail);
  const size = random.percent(92) ? headBytes + blocks + tail.length : random.size();
  return Buffer.concat([claim(size), head, tail]);
}

type Records = readonly { readonly unpaddedSize: number; readonly uncompressedSize: number }[];

/** An index, and how many bytes of blocks it tells of. Mostly a right one; else with another count, padding or number in it. */
function madeIndex(random: Random, records: Records): { index: Buffer; blocks: number } {
  const blocks = records.reduce((sum, { unpaddedSize }) => sum + padded(unpaddedSize), 0);
  if (random.percent(70)) return { index: encodeIndex(records), blocks };
  const count = random.percent(50) ? records.length : random.pick([records.length + 1, random.below(9), random.size()]);
  const values = records.flatMap(({ unpaddedSize, uncompressedSize }) => [unpaddedSize, uncompressedSize]);
  const fields = [count, ...values].map((value) => {
    const vli = encodeVli(random.percent(90) ? value : random.size());
    // The same number in one byte more, which the format forbids.
    return random.percent(95) ? vli : Buffer.from([...vli.subarray(0, -1), (vli.at(-1) ?? 0) | 0x80, 0]);
  });
  return {
    index: sealed([Buffer.from([0]), ...fields, Buffer.alloc(random.percent(80) ? 0 : random.below(9))]),
    blocks,
  };
}

function seal(head: Buffer, tail: Buffer): void {
  if (head.length >= headBytes) head.writeUInt32LE(crc32(head.subarray(6, 8)), 8);
  if (tail.length < 12) return;
  const footer = tail.subarray(-12);
  footer.writeUInt32LE(crc32(footer.subarray(4, 10)), 0);
  const index = tail.subarray(-12 - (footer.readUInt32LE(4) + 1) * 4, -12);
  if (index.length >= 4) index.writeUInt32LE(crc32(index.subarray(0, -4)), index.length - 4);
}

async function run(input: Buffer): Promise<Outcome> {
  if (input.length < claimBytes + headBytes) return 'refused';
  const claimed = input.readBigUInt64LE(0);
  const head = input.subarray(claimBytes, claimBytes + headBytes);
  const tail = input.subarray(claimBytes + headBytes);
  const size = Number(claimed);
  const found = await readLayout(readerOf({ head, tail, size }, mostIndexSize), size).catch((error: unknown) =>
    throwUnlessRefusal(archiveCodes, error),
  );
  const reading = readStream(head, tail, claimed);
  ensure(
    (found === undefined) === (reading === undefined),
    `Cooper ${found ? 'accepts' : 'refuses'}, the second reading does not`,
  );
  if (found === undefined || reading === undefined) return 'refused';
  const records = found.blocks.map(({ unpaddedSize, uncompressedSize }) => [
    BigInt(unpaddedSize),
    BigInt(uncompressedSize),
  ]);
  ensure(numbers[found.check] === reading.check, 'another check');
  ensure(records.flat().join() === reading.records.flat().join(), 'other blocks');
  const frame = [encodeIndex(found.blocks), encodeStreamFooter(found.check, encodeIndex(found.blocks).length)];
  ensure(head.equals(encodeStreamHeader(found.check)), 'its header written again is not the same');
  ensure(
    tail.subarray(-(frame[0]?.length ?? 0) - 12).equals(Buffer.concat(frame)),
    'its end written again is not the same',
  );
  checkPlaces(found, size - headBytes - (frame[0]?.length ?? 0));
  return 'accepted';
}

/** Blocks follow one another and end where the index begins. */
function checkPlaces({ blocks, uncompressedSize }: XzLayout, end: number): void {
  let [offset, data] = [headBytes, 0];
  for (const place of blocks) {
    ensure(place.offset === offset && place.uncompressedOffset === data, 'a block is not where the one before it ends');
    ensure(
      place.size % 4 === 0 && place.size - place.unpaddedSize >= 0 && place.size - place.unpaddedSize < 4,
      'padding',
    );
    offset += place.size;
    data += place.uncompressedSize;
  }
  ensure(offset === end && data === uncompressedSize, 'the blocks are not all of the file');
}
