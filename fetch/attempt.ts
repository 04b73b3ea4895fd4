// One attempt at one URL: follows redirects, checks the status and hands over the bytes, never more than the limit.
// Refuses a declared or a sent size above the limit; whether the bytes are the right ones is judged by the caller.

import { CooperError } from '../errors/index.ts';
import { AttemptFailure, judgeError, judgeStatus } from './failure.ts';
import { followRedirect } from './redirect.ts';
import { slowest, type Transport } from './transport.ts';

/** One attempt's conditions. */
export interface Attempt {
  readonly transport: Transport;
  /** Bytes after which reading stops with `download-too-large`. */
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /** Judges where a redirect leads, and throws when it may not. */
  readonly onRedirect?: ((to: URL) => void) | undefined;
  /** What the last answer says of its body. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

/** What an answer says of its body. */
export interface Answer {
  /** Content-Type, as sent. */
  readonly mediaType: string | undefined;
}

interface Head {
  readonly status: number;
  readonly location: string | undefined;
  readonly length: number | undefined;
  readonly mediaType: string | undefined;
}

/**
 * Gives the body of `url` chunk by chunk to `consume`, waiting for each.
 * @throws AttemptFailure, or the signal's reason when it was aborted; what `consume` throws passes unchanged
 */
export async function attempt(
  url: string,
  conditions: Attempt,
  consume: (chunk: Buffer) => Promise<void> | void,
): Promise<void> {
  let target: URL | undefined = new URL(url);
  for (let hops = 0; target !== undefined; hops += 1) {
    target = await hop(target, hops, conditions, consume);
  }
}

async function hop(
  url: URL,
  hops: number,
  { transport, limit, signal, onRedirect, onAnswer }: Attempt,
  consume: (chunk: Buffer) => Promise<void> | void,
): Promise<URL | undefined> {
  signal?.throwIfAborted();
  const stream = transport.got.stream(url, {
    timeout: { request: transport.timeouts.answer + Math.ceil(limit / slowest) },
    ...(signal === undefined ? {} : { signal }),
  });
  // The stream may fail between two reads, when nobody waits for it.
  stream.on('error', () => {});
  const sink = new Sink(consume);
  try {
    const head = await waitForHead(stream);
    const next = followRedirect(url, head.status, head.location, hops);
    if (next !== undefined) {
      onRedirect?.(next);
      return next;
    }
    check(url, head, limit);
    onAnswer?.(head);
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > limit) {
        throw tooLarge(url, limit);
      }
      await sink.take(chunk);
    }
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    throw sink.failed ? error : judgeError(url.href, error);
  } finally {
    stream.destroy();
  }
}

/** Remembers that it was the consumer that failed (a full disk), which says nothing about the server. */
class Sink {
  failed = false;
  readonly #consume: (chunk: Buffer) => Promise<void> | void;

  constructor(consume: (chunk: Buffer) => Promise<void> | void) {
    this.#consume = consume;
  }

  async take(chunk: Buffer): Promise<void> {
    this.failed = true;
    await this.#consume(chunk);
    this.failed = false;
  }
}

function waitForHead(stream: ReturnType<Transport['got']['stream']>): Promise<Head> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', (response: { statusCode: number; headers: Record<string, string | undefined> }) => {
      const length = response.headers['content-length'];
      resolve({
        status: response.statusCode,
        location: response.headers.location,
        mediaType: response.headers['content-type'],
        length: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined,
      });
    });
  });
}

function check(url: URL, head: Head, limit: number): void {
  const refusal = judgeStatus(url.href, head.status);
  if (refusal !== undefined) {
    throw refusal;
  }
  if (head.length !== undefined && head.length > limit) {
    throw tooLarge(url, limit);
  }
}

function tooLarge(url: URL, limit: number): AttemptFailure {
  const what = `${url.href} is larger than the ${limit} bytes it may have`;
  return new AttemptFailure(new CooperError('download-too-large', { what }), false);
}
