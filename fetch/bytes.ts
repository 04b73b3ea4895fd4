// Downloads a small document into memory, bounded by a limit that cannot be left out.

import { CooperError } from '../errors/index.ts';
import { digestOf, type FileDigest } from '../keys/digest.ts';
import { attempt } from './attempt.ts';
import { retry } from './retry.ts';
import type { Transport } from './transport.ts';

/** What to fetch and within which bounds. */
export interface FetchOptions {
  readonly transport: Transport;
  /** Bytes; a longer answer is refused with `download-too-large`. */
  readonly limit: number;
  /** When known from a signed document: anything else is `download-mismatch`. */
  readonly digest?: FileDigest | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The body of `url`. Follows redirects and repeats after transient failures.
 * @throws CooperError `server-unreachable`, `not-found-on-server`, `refused-by-server`, `server-not-trusted`,
 *   `insecure-redirect`, `download-too-large`, `download-mismatch`; the signal's reason when it was aborted
 */
export async function fetchBytes(url: string, options: FetchOptions): Promise<Buffer> {
  const { transport, signal, digest } = options;
  const limit = Math.min(options.limit, digest?.size ?? options.limit);
  const bytes = await retry(transport.attempts, signal, () =>
    transport.slots.run(async () => {
      const chunks: Buffer[] = [];
      await attempt(url, { transport, limit, signal }, (chunk) => {
        chunks.push(chunk);
      });
      return Buffer.concat(chunks);
    }, signal),
  );
  if (digest !== undefined) {
    requireDigest(url, digest, digestOf(bytes));
  }
  return bytes;
}

/** @throws CooperError `download-mismatch` that says what differs */
export function requireDigest(url: string, expected: FileDigest, actual: FileDigest): void {
  if (actual.size !== expected.size) {
    const what = `${url} has ${actual.size} bytes, not the ${expected.size} that it should have`;
    throw new CooperError('download-mismatch', { what });
  }
  if (actual.sha256 !== expected.sha256) {
    const lines = [`expected sha256 ${expected.sha256}`, `received sha256 ${actual.sha256}`];
    throw new CooperError('download-mismatch', { what: `${url} is not the file it should be`, lines });
  }
}
