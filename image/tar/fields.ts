// The fields of a 512-byte tar header block: numbers (octal, GNU base-256) and byte strings that end at a NUL.
// Refuses numbers that are not numbers and numbers that JavaScript cannot hold exactly.

import { CooperError } from '../../errors/index.ts';

/** Where each field of a header block stands (POSIX ustar; GNU and V7 share the first nine). */
export const field = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  linkName: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  major: { at: 329, length: 8 },
  minor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
} as const;

/** Position and length of a field in bytes. */
export interface Field {
  readonly at: number;
  readonly length: number;
}

/** Largest number that the octal form of a field holds: one digit less than its length. */
export function octalLimit(where: Field): number {
  return octalLimits[where.length] ?? 8 ** (where.length - 1) - 1;
}

// By length of the field. Asked five times an entry, where taking powers is felt.
const octalLimits: Readonly<Record<number, number>> = { 8: 8 ** 7 - 1, 12: 8 ** 11 - 1 };

/** Writes `value` as zero-padded octal digits and a NUL; the caller has checked it against octalLimit. */
export function putOctal(block: Buffer, where: Field, value: number): void {
  block.write(value.toString(8).padStart(where.length - 1, '0'), where.at, 'latin1');
}

/** Reads an octal or base-256 number; an empty field is 0. Throws `archive-corrupt`. */
export function readNumber(block: Buffer, where: Field): number {
  const first = block[where.at] ?? 0;
  const value = first & 0x80 ? readBase256(block, where) : readOctal(block, where);
  if (!Number.isSafeInteger(value)) throw badNumber(block, where);
  return value;
}

/** Reads bytes up to the first NUL or the end of the field. */
export function readBytes(block: Buffer, where: Field): Buffer {
  const bytes = block.subarray(where.at, where.at + where.length);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function readOctal(block: Buffer, where: Field): number {
  const text = block.toString('latin1', where.at, where.at + where.length);
  // Not a space again: what is no number behind spaces would be taken for nothing behind none.
  const digits = /^ *(?! )([0-7]*)(?:[ \0].*)?$/s.exec(text)?.[1];
  if (digits === undefined) throw badNumber(block, where);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

// Two's complement, big endian; the top bit only says "base-256", the one below it is the sign.
function readBase256(block: Buffer, where: Field): number {
  const first = block[where.at] ?? 0;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first & 0x7f) - 0x80 : first & 0x7f;
  for (let at = where.at + 1; at < where.at + where.length; at += 1) value = value * 256 + (block[at] ?? 0);
  return value;
}

function badNumber(block: Buffer, where: Field): CooperError {
  const text = JSON.stringify(block.toString('latin1', where.at, where.at + where.length));
  return new CooperError('archive-corrupt', { what: `the archive has ${text} where a number should stand` });
}
