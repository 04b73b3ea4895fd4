// Small data to compress, for targets that change what comes of it.

import { scribble } from './mutate.ts';
import type { Random } from './random.ts';

/** Noise for every fourth number, else a word again and again with changes; none to some thousand bytes, for 0 none. */
export function sampleData(random: Random, number: number): Buffer {
  const size = number === 0 ? 0 : random.pick([1, 20, 300, 3000, random.below(9000)]);
  const word = random.bytes(1 + random.below(40));
  const data = number % 4 === 0 ? random.bytes(size) : Buffer.alloc(size, word);
  scribble(random, data, random.below(1 + size / 50));
  return data;
}
