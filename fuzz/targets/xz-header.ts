// Headers of xz blocks: parseBlockHeader beside the second reading of the format. An input is the number of the check, what the
// index says of the block (two sizes of 64 bits, little endian), and the bytes of the header.

import { crc32 } from 'node:zlib';
import { encodeBlockHeader, parseBlockHeader } from '../../image/xz/block-header.ts';
import { encodeVli, sealed } from '../../image/xz/fields.ts';
import type { XzCheck } from '../../image/xz/stream-frame.ts';
import { mutated, scribble } from '../mutate.ts';
import type { Random } from '../random.ts';
import { checkBytes, type HeaderReading, readBlockHeader } from '../readings/xz.ts';
import { archiveCodes, ensure, type Outcome, refusable, type Target } from '../target.ts';

const checks: readonly XzCheck[] = ['none', 'crc32', 'crc64', 'sha256'];
const sizesOfChecks = [...checkBytes.values()];
const prefix = 17;

/** The target. */
export const xzHeader: Target = {
  about: 'headers of xz blocks beside their records in an index',
  make,
  run,
};

function make(random: Random): Buffer {
  const check = random.below(checks.length);
  const header = madeHeader(random);
  if (random.percent(30)) scribble(random, header.bytes, random.few(4));
  const changed = random.percent(10) ? mutated(random, header.bytes) : header.bytes;
  if (random.percent(85)) seal(changed);
  const unpadded = header.compressed + changed.length + (sizesOfChecks[check] ?? 0);
  const input = Buffer.alloc(prefix + changed.length);
  input[0] = check;
  input.writeBigUInt64LE(BigInt(random.percent(90) ? unpadded : random.size()), 1);
  input.writeBigUInt64LE(BigInt(random.percent(90) ? header.uncompressed : random.size()), 9);
  changed.copy(input, prefix);
  return input;
}

/** Mostly what the format allows; sizes, filters and padding are there or not. */
function madeHeader(random: Random): { bytes: Buffer; compressed: number; uncompressed: number } {
  const [compressed, uncompressed] = [random.size() + 1, random.size()];
  const filters = random.percent(80) ? random.below(2) : random.below(4);
  const flags =
    (random.percent(70) ? 0xc0 : random.below(4) << 6) | (random.percent(95) ? 0 : random.below(64)) | filters;
  const parts: Buffer[] = [Buffer.from([flags])];
  if ((flags & 0x40) !== 0) parts.push(encodeVli(random.percent(95) ? compressed : random.size()));
  if ((flags & 0x80) !== 0) parts.push(encodeVli(random.percent(95) ? uncompressed : random.size()));
  for (let place = 0; place < filters; place += 1) parts.push(madeFilter(random));
  parts.push(
    Buffer.from([random.percent(95) ? 0x21 : random.below(256), 1, random.percent(95) ? random.below(42) : 255]),
  );
  if (random.percent(10)) parts.push(Buffer.alloc(random.below(40)));
  const size = parts.reduce((sum, { length }) => sum + length, 1);
  return { bytes: sealed([Buffer.from([Math.ceil(size / 4)]), ...parts]), compressed, uncompressed };
}

function madeFilter(random: Random): Buffer {
  const properties = random.pick([0, 0, 4, 4, random.below(8)]);
  const bytes = random.percent(80) ? Buffer.alloc(properties) : random.bytes(properties);
  return Buffer.concat([encodeVli(random.percent(85) ? 4 : random.size()), encodeVli(properties), bytes]);
}

function seal(header: Buffer): void {
  const end = ((header[0] ?? 0) + 1) * 4 - 4;
  if (end > 0 && end + 4 <= header.length) header.writeUInt32LE(crc32(header.subarray(0, end)), end);
}

function run(input: Buffer): Outcome {
  if (input.length < prefix) return 'refused';
  const check = (input[0] ?? 0) % checks.length;
  const [unpadded, uncompressed] = [input.readBigUInt64LE(1), input.readBigUInt64LE(9)];
  const record = { unpaddedSize: Number(unpadded), uncompressedSize: Number(uncompressed) };
  // An index with larger ones is refused before (block-index.ts).
  if (!Number.isSafeInteger(record.unpaddedSize) || !Number.isSafeInteger(record.uncompressedSize)) return 'refused';
  const bytes = input.subarray(prefix);
  const found = refusable(archiveCodes, () => parseBlockHeader(bytes, record, checks[check] ?? 'none'));
  const reading = agreeing(readBlockHeader(bytes), unpadded, uncompressed, sizesOfChecks[check] ?? 0);
  ensure(
    (found === undefined) === (reading === undefined),
    `Cooper ${found === undefined ? 'refuses' : 'accepts'}, the second reading does not`,
  );
  if (found === undefined || reading === undefined) return 'refused';
  const { headerSize, compressedSize, sized, filter, dictionarySize } = found;
  const sizes =
    headerSize === reading.size &&
    BigInt(compressedSize) === unpadded - BigInt(reading.size) - BigInt(sizesOfChecks[check] ?? 0);
  ensure(sizes && sized === (reading.compressed !== undefined && reading.uncompressed !== undefined), 'other sizes');
  ensure((filter === 'x86') === reading.x86 && dictionarySize === dictionaryOf(reading.dictionary), 'other filters');
  const again = encodeBlockHeader({
    compressedSize,
    uncompressedSize: record.uncompressedSize,
    filter,
    dictionarySize,
  });
  const shortest = sized && again.length === headerSize && (bytes[1] ?? 0) >= 0xc0;
  ensure(!shortest || reading.x86 || again.equals(bytes.subarray(0, headerSize)), 'written again it is not the same');
  return 'accepted';
}

/** The reading where it is that of a block with these sizes. */
function agreeing(
  reading: HeaderReading | undefined,
  unpadded: bigint,
  uncompressed: bigint,
  check: number,
): HeaderReading | undefined {
  if (reading === undefined) return undefined;
  const compressed = unpadded - BigInt(reading.size) - BigInt(check);
  const fits =
    compressed > 0n &&
    (reading.compressed ?? compressed) === compressed &&
    (reading.uncompressed ?? uncompressed) === uncompressed;
  return fits ? reading : undefined;
}

/** Section 5.3.1, as its C code has it. */
function dictionaryOf(bits: number): number {
  return bits === 40 ? 0xffffffff : Number((2n | BigInt(bits & 1)) << BigInt(Math.floor(bits / 2) + 11));
}
