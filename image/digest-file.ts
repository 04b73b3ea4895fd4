// Size and SHA-256 of a file that may be larger than memory.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileDigest, Sha256 } from '../keys/digest.ts';

/** Reads the whole file once. `others` are fed with it too. */
export async function digestFile(path: string, ...others: readonly Hash[]): Promise<FileDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    for (const each of [hash, ...others]) each.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') as Sha256 };
}
