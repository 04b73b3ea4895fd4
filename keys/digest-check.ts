// Turns bytes and files into Verified ones by size and SHA-256. The digest must itself come from a verified document:
// that is the caller's part. Refuses with 'digest-mismatch' and says which of both differs.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CooperError } from '../errors/index.ts';
import { digestOf, type FileDigest, type Sha256, sameDigest } from './digest.ts';
import { markVerified, type Verified } from './verified.ts';

/**
 * Checks bytes in memory. `name` is what the message calls them.
 * @throws CooperError 'digest-mismatch'
 */
export function verifyDigest<T extends Uint8Array>(bytes: T, digest: FileDigest, name: string): Verified<T> {
  compare(digestOf(bytes), digest, name);
  return markVerified(bytes);
}

/**
 * Checks a file by reading it once; its path comes back as verified. Reading stops one byte past the expected size. The
 * caller keeps others from changing the file afterwards.
 * @throws CooperError 'digest-mismatch', system errors of reading
 */
export async function verifyFile(path: string, digest: FileDigest, signal?: AbortSignal): Promise<Verified<string>> {
  const hash = createHash('sha256');
  let size = 0;
  const stream = createReadStream(path, { highWaterMark: 1 << 20, end: digest.size, ...(signal && { signal }) });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    hash.update(chunk);
  }
  compare({ size, sha256: hash.digest('hex') as Sha256 }, digest, path);
  return markVerified(path);
}

function compare(found: FileDigest, expected: FileDigest, name: string): void {
  if (sameDigest(found, expected)) return;
  const longer = found.size > expected.size ? 'at least ' : '';
  throw new CooperError('digest-mismatch', {
    what: `${name} is not what was signed`,
    lines: [
      `expected ${expected.size} bytes, sha256 ${expected.sha256}`,
      `found    ${longer}${found.size} bytes, sha256 ${found.sha256}`,
    ],
  });
}
