// The pieces that the parts of an xz file are made of: multibyte integers of 63 bits, CRC32 and zeros up to a multiple of
// four ("The .xz File Format" 1.1.0, sections 1.2 and 6), and the errors of whoever reads them. Pure.

import { crc32 } from 'node:zlib';
import { CooperError } from '../../errors/index.ts';

/** Bytes of a CRC32. */
export const crcSize = 4;

const largest = 2n ** 63n - 1n;
const longest = 9;

/** What a damaged file is answered with. */
export function corrupt(what: string): CooperError {
  return new CooperError('archive-corrupt', { what: `damaged xz data: ${what}` });
}

/** What a file is answered with that may be whole, but uses what Cooper does not read. */
export function unsupported(what: string): CooperError {
  return new CooperError('archive-unsupported', { what: `xz data with ${what}` });
}

/** What a file is answered with that claims more than is reasonable. */
export function excessive(what: string): CooperError {
  return new CooperError('archive-too-large', { what: `the xz data claims ${what}` });
}

/** The next multiple of four bytes: every part of an xz file takes one (section 2). */
export function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}

/**
 * A multibyte integer (section 1.2): seven bits a byte, the lowest first, in the shortest form of one to nine bytes. Throws a
 * RangeError for what is no integer from 0 to 2^63 − 1.
 */
export function encodeVli(value: number | bigint): Buffer {
  let rest = BigInt(value);
  if (rest < 0n || rest > largest) throw new RangeError(`no 63-bit integer: ${value}`);
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Bytes of the multibyte integer of a safe integer that is not negative. */
export function vliSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** The parts, zeros up to a multiple of four, and the CRC32 of all of it (sections 3.1.6, 3.1.7, 4.4, 4.5). */
export function sealed(parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const bytes = Buffer.alloc(padded(size) + crcSize);
  let at = 0;
  for (const part of parts) at += part.copy(bytes, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -crcSize)), bytes.length - crcSize);
  return bytes;
}

/** Bytes that `sealed` made, without their CRC32. Throws `archive-corrupt` when it differs; `part` names them. */
export function unsealed(bytes: Buffer, part: string): Buffer {
  const content = bytes.subarray(0, -crcSize);
  if (bytes.length < crcSize || bytes.readUInt32LE(content.length) !== crc32(content)) {
    throw corrupt(`the checksum of its ${part} is wrong`);
  }
  return content;
}

/** Reads one field after the other. All of it throws `archive-corrupt` where the bytes end early; `part` names them. */
export class FieldReader {
  readonly #bytes: Buffer;
  readonly #part: string;
  #at = 0;

  constructor(bytes: Buffer, part: string) {
    this.#bytes = bytes;
    this.#part = part;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw corrupt(`its ${this.#part} ends too early`);
    this.#at += 1;
    return value;
  }

  /** A multibyte integer. Throws `archive-corrupt` for a form that is not the shortest, or longer than 63 bits. */
  vli(): bigint {
    let value = 0n;
    for (let count = 0; count < longest; count += 1) {
      const byte = this.byte();
      if (byte === 0 && count > 0) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return value;
    }
    throw corrupt(`a number in its ${this.#part} is not written as it must be`);
  }

  /** A multibyte integer that is a size in bytes or a count. Throws `archive-too-large` where JavaScript cannot hold it exactly. */
  size(): number {
    const value = Number(this.vli());
    if (!Number.isSafeInteger(value)) throw excessive(`a size of ${value} in its ${this.#part}`);
    return value;
  }

  /** The rest, which has to be zeros. */
  onlyZeros(): boolean {
    return this.#bytes.subarray(this.#at).every((byte) => byte === 0);
  }
}
