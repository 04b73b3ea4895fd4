// Size and SHA-256 of a file that may be larger than memory.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileDigest, Sha256 } from '../keys/digest.ts';

/** Reads the whole file once. */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') as Sha256 };
}
