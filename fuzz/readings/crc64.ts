// CRC64 as xz has it (ECMA-182, reflected), in two halves of 32 bits: what the engines compute inside, computed again.

const polynomial = { high: 0xc96c5795, low: 0xd7870f42 };

const table = Array.from({ length: 256 }, (_, byte) => {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry !== 0) {
      high ^= polynomial.high;
      low ^= polynomial.low;
    }
  }
  return { high, low };
});

/** Of all of these bytes. */
export function crc64(bytes: Buffer): bigint {
  let [high, low] = [-1, -1];
  for (const byte of bytes) {
    const entry = table[(low ^ byte) & 0xff] ?? polynomial;
    low = ((low >>> 8) | (high << 24)) ^ entry.low;
    high = (high >>> 8) ^ entry.high;
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
