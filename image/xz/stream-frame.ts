// What an xz stream begins and ends with ("The .xz File Format" 1.1.0, sections 2.1.1 and 2.1.2). Pure. Knows the four checks
// that the format defines; the reserved ones are refused.

import { crc32 } from 'node:zlib';
import { corrupt, crcSize, unsupported } from './fields.ts';

/** Bytes of the header of a stream, and of its footer. */
export const frameSize = 12;

const headerMagic = Buffer.from('fd377a585a00', 'hex');
const footerMagic = Buffer.from('YZ');

/** The checks of section 2.1.1.2: number and bytes of the value that ends every block. */
const checks = {
  none: { id: 0x00, size: 0 },
  crc32: { id: 0x01, size: 4 },
  crc64: { id: 0x04, size: 8 },
  sha256: { id: 0x0a, size: 32 },
} as const;

/** How the data of each block is checked. */
export type XzCheck = keyof typeof checks;

/** Bytes of the check at the end of each block. */
export function checkSize(check: XzCheck): number {
  return checks[check].size;
}

/** The first 12 bytes of a stream. */
export function encodeStreamHeader(check: XzCheck): Buffer {
  const flags = streamFlags(check);
  return Buffer.concat([headerMagic, flags, checksum(flags)]);
}

/** The last 12 bytes of a stream; `indexSize` in bytes, a multiple of four. */
export function encodeStreamFooter(check: XzCheck, indexSize: number): Buffer {
  const sizeAndFlags = Buffer.alloc(6);
  sizeAndFlags.writeUInt32LE(indexSize / 4 - 1);
  streamFlags(check).copy(sizeAndFlags, 4);
  return Buffer.concat([checksum(sizeAndFlags), sizeAndFlags, footerMagic]);
}

/** What the header says. Throws `archive-corrupt`, and `archive-unsupported` for a check or flags that are not defined. */
export function parseStreamHeader(bytes: Buffer): XzCheck {
  if (bytes.length !== frameSize || !bytes.subarray(0, 6).equals(headerMagic))
    throw corrupt('it does not start as xz does');
  const flags = bytes.subarray(6, 8);
  if (!checksum(flags).equals(bytes.subarray(8))) throw corrupt('the checksum of its stream header is wrong');
  return checkOf(flags);
}

/** What the footer says; `indexSize` in bytes, from 4 to 2^34. Errors as `parseStreamHeader`. */
export function parseStreamFooter(bytes: Buffer): { readonly check: XzCheck; readonly indexSize: number } {
  if (bytes.length !== frameSize || !bytes.subarray(10).equals(footerMagic))
    throw corrupt('it does not end as xz does');
  const content = bytes.subarray(crcSize, 10);
  if (!checksum(content).equals(bytes.subarray(0, crcSize)))
    throw corrupt('the checksum of its stream footer is wrong');
  return { check: checkOf(content.subarray(4)), indexSize: (content.readUInt32LE(0) + 1) * 4 };
}

function streamFlags(check: XzCheck): Buffer {
  return Buffer.from([0, checks[check].id]);
}

function checkOf(flags: Buffer): XzCheck {
  for (const [name, { id }] of Object.entries(checks)) {
    if (flags[0] === 0 && flags[1] === id) return name as XzCheck;
  }
  throw unsupported(`stream flags that Cooper does not know (${flags.toString('hex')})`);
}

function checksum(bytes: Buffer): Buffer {
  const value = Buffer.alloc(crcSize);
  value.writeUInt32LE(crc32(bytes));
  return value;
}
