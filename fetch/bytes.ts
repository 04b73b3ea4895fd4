// Downloads a small document into memory, bounded by a limit that cannot be left out.

import { CooperError } from '../errors/index.ts';
import { digestOf, type FileDigest } from '../keys/digest.ts';
import { type Answer, type Attempt, attempt } from './attempt.ts';
import { answering, type Dialogue } from './dialogue.ts';
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
  const { bytes } = await collect(url, { transport, limit, signal });
  if (digest !== undefined) {
    requireDigest(url, digest, digestOf(bytes));
  }
  return bytes;
}

/** A document and its entity tag, where the server gives one. */
interface TaggedBytes {
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

/** The body of `url` and its entity tag. Errors as of fetchBytes. */
export async function fetchTagged(url: string, { transport, limit, signal }: FetchOptions): Promise<TaggedBytes> {
  const { bytes, answer } = await collect(url, { transport, limit, signal });
  return { bytes, etag: answer?.etag };
}

/** The body of `url` and its media type, as the server has it. Errors as of fetchBytes. */
export async function fetchTyped(
  url: string,
  { transport, limit, signal }: FetchOptions,
  dialogue: Dialogue,
): Promise<{ readonly bytes: Buffer; readonly mediaType: string | undefined }> {
  const { bytes, answer } = await collect(url, { transport, limit, signal, ...dialogue });
  return { bytes, mediaType: answer?.mediaType };
}

/**
 * The body of `url`, unless it still is what had that entity tag: then undefined. Errors as of fetchBytes.
 */
export async function fetchUnlessSame(
  url: string,
  { transport, limit, signal }: FetchOptions,
  etag: string | undefined,
): Promise<TaggedBytes | undefined> {
  const { bytes, answer } = await collect(url, { transport, limit, signal, etag });
  return answer?.unchanged === true ? undefined : { bytes, etag: answer?.etag };
}

function collect(
  url: string,
  conditions: Pick<Attempt, 'transport' | 'limit' | 'signal' | 'etag'> & Dialogue,
): Promise<{ readonly bytes: Buffer; readonly answer: Answer | undefined }> {
  const { transport, signal } = conditions;
  const once = async () => {
    const chunks: Buffer[] = [];
    let answer: Answer | undefined;
    const onAnswer = (given: Answer) => {
      answer = given;
    };
    await attempt(url, { ...conditions, onAnswer }, (chunk) => {
      chunks.push(chunk);
    });
    return { bytes: Buffer.concat(chunks), answer };
  };
  return retry(transport.attempts, signal, () => answering(conditions, () => transport.slots.run(once, signal)));
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
