// A second reading of the numbers of a tar header, from POSIX ustar and GNU's base-256, on integers of any size.

/** The number in a field, or undefined where there is none. An empty field is 0. */
export function readField(block: Buffer, at: number, length: number): bigint | undefined {
  const bytes = block.subarray(at, at + length);
  if (((bytes[0] ?? 0) & 0x80) !== 0) return readBase256(bytes);
  const text = bytes.toString('latin1').replace(/^ +/, '');
  const end = text.search(/[ \0]/);
  const digits = end < 0 ? text : text.slice(0, end);
  if (/[^0-7]/.test(digits)) return undefined;
  return digits === '' ? 0n : BigInt(`0o${digits}`);
}

function readBase256(bytes: Buffer): bigint {
  const bits = BigInt(bytes.length * 8 - 1);
  const value = BigInt(`0x${bytes.toString('hex')}`) & ((1n << bits) - 1n);
  return value >> (bits - 1n) === 1n ? value - (1n << bits) : value;
}

/** Whether the checksum is one of the two that writers have made, of unsigned and of signed bytes. */
export function checksumFits(block: Buffer): boolean {
  const covered = Buffer.from(block).fill(0x20, 148, 156);
  const stored = readField(block, 148, 8);
  // Each byte above 127 counts 256 less where bytes have a sign.
  const sum = covered.reduce((all, byte) => all + byte, 0);
  const high = covered.reduce((count, byte) => count + (byte >> 7), 0);
  return stored === BigInt(sum) || stored === BigInt(sum - 256 * high);
}
