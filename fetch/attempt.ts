// One attempt at one URL: follows redirects, checks the status and hands over the bytes, never more than the limit.
// Refuses a declared or a sent size above the limit; whether the bytes are the right ones is judged by the caller.

import type { Got } from 'got';
import { CooperError } from '../errors/index.ts';
import { AttemptFailure, judgeStatus, Refusal } from './failure.ts';
import { type AnswerHead, type FilePart, judgeLength, judgePart, rangeHeader } from './file-part.ts';
import { judgeForwarded, judgeRoute } from './proxy/failure.ts';
import { followRedirect, shownTarget } from './redirect.ts';
import type { Transport } from './transport.ts';

/** One attempt's conditions. */
export interface Attempt {
  readonly transport: Transport;
  /** Bytes after which reading stops with `download-too-large`. */
  readonly limit: number;
  /** Asks for this part of the file; a server that knows no parts sends the whole file, `limit` bytes at most. */
  readonly part?: FilePart | undefined;
  /** Entity tag of a copy that is here: a server whose file is still that one sends nothing (RFC 9110, section 13.1.2). */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Headers besides, for each address on the way: what goes to one server need not be another's business. */
  readonly headersFor?: HeadersFor | undefined;
  /** Judges where a redirect leads, and throws when it may not. */
  readonly onRedirect?: ((to: URL) => void) | undefined;
  /** What the last answer says of its body. */
  readonly onAnswer?: ((answer: Answer) => void) | undefined;
}

/** Headers of a request to an address, lower-case. */
export type HeadersFor = (url: URL) => Readonly<Record<string, string>>;

/** What an answer says of its body. */
export interface Answer {
  /** Content-Type, as sent. */
  readonly mediaType: string | undefined;
  /** Position in the file of its first byte: 0 unless a part was asked for and is sent. */
  readonly start: number;
  readonly etag: string | undefined;
  /** The file is still that of the entity tag; there is no body. */
  readonly unchanged: boolean;
}

interface Head extends AnswerHead {
  readonly location: string | undefined;
  readonly mediaType: string | undefined;
  readonly etag: string | undefined;
  readonly challenge: string | undefined;
}

/** Milliseconds; a timer of node that is set for longer fires at once. */
const longestTimer = 2 ** 31 - 1;

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
  { transport, limit, part, etag, signal, headersFor, onRedirect, onAnswer }: Attempt,
  consume: (chunk: Buffer) => Promise<void> | void,
): Promise<URL | undefined> {
  const range = part === undefined ? undefined : rangeHeader(part);
  const headers = {
    ...headersFor?.(url),
    ...(range === undefined ? {} : { range }),
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
  const got = await transport.got();
  signal?.throwIfAborted();
  const { proxy, options } = transport.routeTo(url);
  const stream = got.stream(url, {
    ...options,
    timeout: { request: Math.min(longestTimer, transport.timeouts.answer + Math.ceil(limit / transport.slowest)) },
    headers,
    ...(signal === undefined ? {} : { signal }),
  });
  // The stream may fail between two reads, when nobody waits for it.
  stream.on('error', () => {});
  const sink = new Sink(consume);
  const name = hops === 0 ? url.href : shownTarget(url);
  try {
    const head = await waitForHead(stream);
    const forwarded = judgeForwarded(url, proxy, head.status);
    if (forwarded !== undefined) throw forwarded;
    const next = followRedirect(url, head.status, head.location, hops);
    if (next !== undefined) {
      onRedirect?.(next);
      return next;
    }
    if (etag !== undefined && head.status === 304) {
      onAnswer?.({ ...head, start: 0, unchanged: true });
      return undefined;
    }
    if (head.status === 401 || head.status === 403) throw new Refusal(url, name, head.status, head.challenge);
    const { start, most } = check(name, head, limit, part);
    onAnswer?.({ ...head, start, unchanged: false });
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > most) {
        throw tooLarge(name, most);
      }
      await transport.pace(chunk.byteLength, signal);
      await sink.take(chunk);
    }
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    throw sink.failed ? error : judgeRoute(url, error, proxy, name);
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

function waitForHead(stream: ReturnType<Got['stream']>): Promise<Head> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', (response: { statusCode: number; headers: Record<string, string | undefined> }) => {
      const length = response.headers['content-length'];
      resolve({
        status: response.statusCode,
        location: response.headers.location,
        range: response.headers['content-range'],
        mediaType: response.headers['content-type'],
        etag: response.headers.etag,
        challenge: response.headers['www-authenticate'],
        length: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined,
      });
    });
  });
}

/** Where the body begins in the file, and how many bytes it may have. */
function check(
  name: string,
  head: Head,
  limit: number,
  part: FilePart | undefined,
): { readonly start: number; readonly most: number } {
  const sent = part === undefined ? undefined : judgePart(name, head, part);
  const refusal =
    sent instanceof AttemptFailure ? sent : sent === undefined ? judgeStatus(name, head.status) : undefined;
  if (refusal !== undefined) {
    throw refusal;
  }
  const held = sent instanceof AttemptFailure ? undefined : sent;
  const most = held === undefined ? limit : Math.min(limit, held.end - held.start);
  if (head.length !== undefined && head.length > most) {
    throw tooLarge(name, most);
  }
  const short = held === undefined ? undefined : judgeLength(name, head, held);
  if (short !== undefined) {
    throw short;
  }
  return { start: held?.start ?? 0, most };
}

function tooLarge(name: string, limit: number): AttemptFailure {
  const what = `${name} is larger than the ${limit} bytes it may have`;
  return new AttemptFailure(new CooperError('download-too-large', { what }), false);
}
