// Asks how large a file is, without fetching it.

import { AttemptFailure, judgeError, judgeStatus } from './failure.ts';
import { followRedirect } from './redirect.ts';
import { retry } from './retry.ts';
import type { Transport } from './transport.ts';

/**
 * Bytes of `url` as the server tells them; undefined when it does not tell. Errors as of fetchBytes.
 */
export function fetchSize(
  url: string,
  { transport, signal }: { readonly transport: Transport; readonly signal?: AbortSignal | undefined },
): Promise<number | undefined> {
  return retry(transport.attempts, signal, () => transport.slots.run(() => askSize(url, transport, signal), signal));
}

async function askSize(
  url: string,
  transport: Transport,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let target: URL | undefined = new URL(url);
  for (let hops = 0; ; hops += 1) {
    const { statusCode, headers } = await ask(target, transport, signal);
    const next = followRedirect(target, statusCode, headers.location, hops);
    if (next === undefined) {
      if (statusCode === 405 || statusCode === 501) return undefined;
      const refusal = judgeStatus(target.href, statusCode);
      if (refusal !== undefined) throw refusal;
      const length = headers['content-length'];
      return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
    }
    target = next;
  }
}

async function ask(url: URL, transport: Transport, signal: AbortSignal | undefined) {
  try {
    return await (await transport.got()).head(url, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AttemptFailure ? error : judgeError(url.href, error);
  }
}
