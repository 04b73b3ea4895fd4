// Asks a server about a file, without fetching it.

import type { IncomingHttpHeaders } from 'node:http';
import { AttemptFailure, judgeStatus } from './failure.ts';
import { judgeForwarded, judgeRoute } from './proxy/failure.ts';
import { followRedirect } from './redirect.ts';
import { retry } from './retry.ts';
import type { Transport } from './transport.ts';

/** How to ask. */
export interface Asking {
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
}

/** Statuses of servers that know no HEAD. */
const unknownMethod = [405, 501];

/**
 * Bytes of `url` as the server tells them; undefined when it does not tell. Errors as of fetchBytes.
 */
export async function fetchSize(url: string, asking: Asking): Promise<number | undefined> {
  const { statusCode, headers } = await askAbout(url, asking);
  const length = headers['content-length'];
  const known = !unknownMethod.includes(statusCode) && length !== undefined && /^\d+$/.test(length);
  return known ? Number(length) : undefined;
}

/**
 * What the clock of a server shows (the field Date, RFC 9110, section 6.6.1); undefined when it does not tell. `url` need not be
 * there, it is only asked about. Errors as of fetchBytes but `not-found-on-server`.
 */
export async function fetchServerTime(url: string, asking: Asking): Promise<Date | undefined> {
  const { headers } = await askAbout(url, asking, [404, 410]);
  const time = new Date(headers.date ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

interface Head {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** The answer after redirects; of other statuses than 200 those in `borne` and of an unknown method are no failure. */
function askAbout(url: string, { transport, signal }: Asking, borne: readonly number[] = []): Promise<Head> {
  const taken = [...borne, ...unknownMethod];
  return retry(transport.attempts, signal, () =>
    transport.slots.run(async () => {
      let target = new URL(url);
      for (let hops = 0; ; hops += 1) {
        const head = await ask(target, transport, signal);
        const next = followRedirect(target, head.statusCode, head.headers.location, hops);
        const refusal = taken.includes(head.statusCode) ? undefined : judgeStatus(target.href, head.statusCode);
        if (next !== undefined) target = next;
        else if (refusal !== undefined) throw refusal;
        else return head;
      }
    }, signal),
  );
}

async function ask(url: URL, transport: Transport, signal: AbortSignal | undefined): Promise<Head> {
  const { proxy, options } = transport.routeTo(url);
  try {
    const timeout = { request: transport.timeouts.answer };
    const got = await transport.got();
    const head = await got.head(url, { ...options, timeout, ...(signal === undefined ? {} : { signal }) });
    const forwarded = judgeForwarded(url, proxy, head.statusCode);
    if (forwarded !== undefined) throw forwarded;
    return head;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AttemptFailure ? error : judgeRoute(url, error, proxy);
  }
}
