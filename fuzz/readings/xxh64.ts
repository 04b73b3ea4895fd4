// XXH64 with seed 0, of which a frame of zstd has the low half: what zstd computes inside, computed again on 64-bit integers
// ("xxHash fast digest algorithm" 0.1.1).

const [prime1, prime2, prime3, prime4, prime5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];

const low = (value: bigint) => BigInt.asUintN(64, value);
const rotated = (value: bigint, by: bigint) => low((value << by) | (value >> (64n - by)));
const round = (lane: bigint, input: bigint) => low(rotated(low(lane + low(input * prime2)), 31n) * prime1);

/** Of all of these bytes. */
export function xxh64(bytes: Buffer): bigint {
  const [striped, rest] = [bytes.length & ~31, bytes.length & ~7];
  let hash = low((striped === 0 ? prime5 : ofStripes(bytes, striped)) + BigInt(bytes.length));
  let at = striped;
  for (; at < rest; at += 8) {
    hash = low(rotated(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= bytes.length) {
    hash = low(rotated(hash ^ low(BigInt(bytes.readUInt32LE(at)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (const byte of bytes.subarray(at)) hash = low(rotated(hash ^ low(BigInt(byte) * prime5), 11n) * prime1);
  hash = low((hash ^ (hash >> 33n)) * prime2);
  hash = low((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

/** Four lanes of eight bytes, and what they come to. */
function ofStripes(bytes: Buffer, end: number): bigint {
  let [first, second, third, fourth] = [low(prime1 + prime2), prime2, 0n, low(-prime1)];
  for (let at = 0; at < end; at += 32) {
    first = round(first, bytes.readBigUInt64LE(at));
    second = round(second, bytes.readBigUInt64LE(at + 8));
    third = round(third, bytes.readBigUInt64LE(at + 16));
    fourth = round(fourth, bytes.readBigUInt64LE(at + 24));
  }
  const sum = low(rotated(first, 1n) + rotated(second, 7n) + rotated(third, 12n) + rotated(fourth, 18n));
  return [first, second, third, fourth].reduce((hash, lane) => low((hash ^ round(0n, lane)) * prime1 + prime4), sum);
}
