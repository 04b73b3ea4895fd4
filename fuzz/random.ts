// Random numbers that can be repeated: a stream for each execution, made of the seed of the run and the number of the execution
// alone, so that one of ten million can be run by itself. xoshiro128**, seeded through splitmix32.

/** A stream of random numbers. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Both are taken modulo 2^32. */
  constructor(seed: number, number: number) {
    const mix = splitmix(Math.imul(seed, 0x9e3779b1) ^ splitmix(number | 0)());
    [this.#a, this.#b, this.#c, this.#d] = [mix(), mix(), mix(), mix() | 1];
  }

  /** 32 bits, from 0. */
  bits(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return result;
  }

  /** An integer from 0 to below `end`, which is at most 2^32. */
  below(end: number): number {
    return Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.below(100) < share;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** How many of a kind: 1 mostly, up to `most`. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.percent(40)) count += 1;
    return count;
  }

  /** Bytes of any value. */
  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 1) bytes[at] = this.bits() >>> 24;
    return bytes;
  }

  /** A size as it matters to formats: small, near a power of two, or anything that is counted exactly. */
  size(): number {
    const near = 2 ** this.below(54) + this.below(9) - 4;
    const any = this.bits() * 2 ** 21 + (this.bits() >>> 11);
    return Math.max(0, this.pick([this.below(300), this.below(70_000), near, near, any]));
  }
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    const first = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
    return second ^ (second >>> 15);
  };
}
