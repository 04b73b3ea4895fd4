// One reading of a file for everything that is asked of its bytes: the digest, and what its signatures are over. Loads nothing but
// node, since workers start with it. Judges nothing.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FileDigest, Sha256 } from './digest.ts';

/** A hash over the bytes and what follows them in a signature. `algorithm`: as node:crypto names it. */
export interface WantedHash {
  readonly algorithm: string;
  readonly suffix: Uint8Array;
}

/** What one reading has given. */
export interface HashedBytes {
  readonly digest: FileDigest;
  /** By the hash that was wanted: hashKey. */
  readonly hashes: ReadonlyMap<string, Uint8Array>;
}

/** Whoever reads a file once: in this thread or in another. Throws system errors of reading, with their code. */
export type HashFile = (path: string, wanted: readonly WantedHash[]) => Promise<HashedBytes>;

/** Under which key a hash is found among those of a reading. */
export function hashKey({ algorithm, suffix }: WantedHash): string {
  return `${algorithm}:${Buffer.from(suffix).toString('hex')}`;
}

/**
 * Reads the whole file once; it may be larger than memory.
 * @throws system errors of reading
 */
export const hashFile: HashFile = async (path, wanted) => {
  const hashing = new Hashing(wanted);
  // Each stream makes a buffer of that size, however small the file.
  const highWaterMark = Math.max(1, Math.min((await stat(path)).size, 1 << 20));
  const stream = createReadStream(path, { highWaterMark });
  for await (const chunk of stream as AsyncIterable<Buffer>) hashing.update(chunk);
  return hashing.end();
};

/** The same of bytes in memory. */
export function hashBytes(bytes: Uint8Array, wanted: readonly WantedHash[]): HashedBytes {
  const hashing = new Hashing(wanted);
  hashing.update(bytes);
  return hashing.end();
}

/** One state for each algorithm: hashes that differ in their suffix alone go on from copies of it. */
class Hashing {
  readonly #wanted: readonly WantedHash[];
  readonly #sha256 = createHash('sha256');
  readonly #states = new Map<string, Hash>([['sha256', this.#sha256]]);
  #size = 0;

  constructor(wanted: readonly WantedHash[]) {
    this.#wanted = wanted;
    for (const { algorithm } of wanted) {
      if (!this.#states.has(algorithm)) this.#states.set(algorithm, createHash(algorithm));
    }
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.byteLength;
    for (const state of this.#states.values()) state.update(bytes);
  }

  end(): HashedBytes {
    const hashes = this.#wanted.map((each): [string, Uint8Array] => {
      const state = this.#states.get(each.algorithm);
      if (state === undefined) throw new TypeError(`${each.algorithm} was not begun`);
      return [hashKey(each), new Uint8Array(state.copy().update(each.suffix).digest())];
    });
    const digest = { size: this.#size, sha256: this.#sha256.digest('hex') as Sha256 };
    return { digest, hashes: new Map(hashes) };
  }
}
