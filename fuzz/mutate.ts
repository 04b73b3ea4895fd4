// Changes to bytes that know nothing of what they mean. Targets put them between changes of their own format, and mend checksums
// behind them.

import type { Random } from './random.ts';

const edges = [0x00, 0x01, 0x20, 0x2f, 0x30, 0x37, 0x3d, 0x40, 0x7f, 0x80, 0xc0, 0xff];

/** A copy with one to four changes. Never empty where `bytes` is not. */
export function mutated(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let left = random.few(4); left > 0 && result.length > 0; left -= 1) result = change(random, result);
  return result;
}

/** Changes up to three bytes where they are; in a quarter of the cases the result of `mutated` instead. */
export function changed(random: Random, bytes: Buffer): Buffer {
  if (random.percent(25)) return mutated(random, bytes);
  scribble(random, bytes, random.few(3));
  return bytes;
}

/** Changes `count` bytes where they are. */
export function scribble(random: Random, bytes: Buffer, count: number): void {
  for (let left = count; left > 0 && bytes.length > 0; left -= 1) {
    const at = random.below(bytes.length);
    const old = bytes[at] ?? 0;
    bytes[at] = random.pick([old ^ (1 << random.below(8)), old + 1, old - 1, random.pick(edges), random.below(256)]);
  }
}

function change(random: Random, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length);
  const length = Math.min(bytes.length - at, random.pick([1, 1, 2, 4, 8, random.below(64)]));
  switch (random.below(8)) {
    case 0:
      return joined(bytes.subarray(0, at), random.bytes(length), bytes.subarray(at));
    case 1:
      return bytes.length > length ? joined(bytes.subarray(0, at), bytes.subarray(at + length)) : bytes;
    case 2:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at));
    case 3:
      bytes.copyWithin(at, random.below(bytes.length), random.below(bytes.length));
      return bytes;
    case 4:
      bytes.fill(random.pick(edges), at, at + length);
      return bytes;
    default:
      scribble(random, bytes, random.few(4));
      return bytes;
  }
}

function joined(...parts: readonly Buffer[]): Buffer<ArrayBuffer> {
  return Buffer.concat(parts) as Buffer<ArrayBuffer>;
}
