// A second reading of xz files, to compare with Cooper's: from "The .xz File Format" 1.1.0 alone, on 64-bit integers, one rule
// after the other, with nothing of image/xz but its limits. It gives undefined for what Cooper does not take.

import { crc32 } from 'node:zlib';
import { mostBlocks, mostIndexSize } from '../../image/xz/block-index.ts';

/** What is in a stream. */
export interface XzReading {
  readonly check: number;
  readonly records: readonly (readonly [unpadded: bigint, uncompressed: bigint])[];
}

/** Bytes of the checks that are known, by their number. */
export const checkBytes = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [10, 32],
]);

const mostCounted = BigInt(Number.MAX_SAFE_INTEGER);
const roundedUp = (size: bigint) => (size + 3n) & ~3n;

/** A stream of `size` bytes, of which the first twelve and the last are there. */
export function readStream(head: Buffer, tail: Buffer, size: bigint): XzReading | undefined {
  if (size % 4n !== 0n || size < 32n || size > mostCounted) return undefined;
  const check = readFlags(head.subarray(6, 8));
  const whole = head.toString('latin1', 0, 6) === '\xfd7zXZ\0' && crcFits(head, 6, 8, 8);
  const footer = tail.subarray(-12);
  if (check === undefined || !whole || footer.length !== 12) return undefined;
  if (footer.toString('latin1', 10) !== 'YZ' || !crcFits(footer, 4, 10, 0)) return undefined;
  if (readFlags(footer.subarray(8, 10)) !== check) return undefined;
  const indexSize = (footer.readUInt32LE(4) + 1) * 4;
  if (BigInt(indexSize) > size - 24n || indexSize > mostIndexSize) return undefined;
  const records = readIndex(tail.subarray(-12 - indexSize, -12), indexSize);
  const blocks = records?.reduce((sum, [unpadded]) => sum + roundedUp(unpadded), 0n);
  return records === undefined || blocks !== size - 24n - BigInt(indexSize) ? undefined : { check, records };
}

function readFlags(flags: Buffer): number | undefined {
  return flags[0] === 0 && checkBytes.has(flags[1] ?? -1) ? flags[1] : undefined;
}

function crcFits(bytes: Buffer, from: number, to: number, at: number): boolean {
  return bytes.length >= at + 4 && bytes.readUInt32LE(at) === crc32(bytes.subarray(from, to));
}

function readIndex(bytes: Buffer, size: number): XzReading['records'] | undefined {
  const end = size - 4;
  if (bytes.length !== size || end < 0 || bytes[0] !== 0 || !crcFits(bytes, 0, end, end)) return undefined;
  const numbers = readNumbers(bytes.subarray(1, end));
  const [count] = numbers.next();
  if (count === undefined || count > BigInt(mostBlocks)) return undefined;
  const records: [bigint, bigint][] = [];
  for (let total = 0n; records.length < Number(count); ) {
    const [unpadded, uncompressed] = [numbers.next()[0], numbers.next()[0]];
    if (unpadded === undefined || uncompressed === undefined) return undefined;
    total += uncompressed;
    if (unpadded < 5n || unpadded > mostCounted || total > mostCounted || uncompressed > unpadded * 16_384n)
      return undefined;
    records.push([unpadded, uncompressed]);
  }
  const padding = bytes.subarray(1 + numbers.at(), end);
  return padding.length < 4 && padding.every((byte) => byte === 0) ? records : undefined;
}

/** The multibyte integers of section 1.2, one a call; [undefined] where there is none that is written as it must be. */
function readNumbers(bytes: Buffer): { next(): [bigint | undefined]; at(): number } {
  let at = 0;
  return {
    at: () => at,
    next: () => {
      const length = bytes.subarray(at, at + 9).findIndex((byte) => byte < 0x80) + 1;
      const digits = [...bytes.subarray(at, at + length)];
      at += length;
      if (length === 0 || (length > 1 && digits.at(-1) === 0)) return [undefined];
      return [digits.reduceRight((value, digit) => value * 128n + BigInt(digit & 0x7f), 0n)];
    },
  };
}

/** What the header of a block says. */
export interface HeaderReading {
  readonly size: number;
  readonly compressed: bigint | undefined;
  readonly uncompressed: bigint | undefined;
  readonly x86: boolean;
  /** Bits of the dictionary as they stand in the header, 0 to 40. */
  readonly dictionary: number;
}

/** The header at the start of `bytes`: LZMA2, or x86 from address 0 and LZMA2. */
export function readBlockHeader(bytes: Buffer): HeaderReading | undefined {
  const size = ((bytes[0] ?? 0) + 1) * 4;
  const end = size - 4;
  if (size < 8 || bytes.length < size || !crcFits(bytes, 0, end, end)) return undefined;
  const flags = bytes[1] ?? 0xff;
  const numbers = readNumbers(bytes.subarray(2, end));
  const compressed = (flags & 0x40) === 0 ? undefined : numbers.next();
  const uncompressed = (flags & 0x80) === 0 ? undefined : numbers.next();
  const missing = [compressed, uncompressed].some((number) => number !== undefined && number[0] === undefined);
  if ((flags & 0x3c) !== 0 || missing) return undefined;
  const said = readFilters(bytes.subarray(2 + numbers.at(), end), (flags & 3) + 1);
  if (said === undefined) return undefined;
  return { size, compressed: compressed?.[0], uncompressed: uncompressed?.[0], ...said };
}

/** In hexadecimal: x86 (04) without properties or from address 0, then LZMA2 (21) with its dictionary, then zeros. */
const filters = /^(0400|040400000000)?2101([01][0-9a-f]|2[0-8])(?:00)*$/;

function readFilters(bytes: Buffer, count: number): Pick<HeaderReading, 'x86' | 'dictionary'> | undefined {
  const found = filters.exec(bytes.toString('hex'));
  const x86 = found?.[1] !== undefined;
  return found === null || count !== (x86 ? 2 : 1) ? undefined : { x86, dictionary: Number(`0x${found[2]}`) };
}
