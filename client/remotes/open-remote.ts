// The first look at the servers of a remote: each must be one of Cooper and verified, and all of one publisher. Refuses other image
// servers by what they are.

import { CooperError, type ErrorCode } from '../../errors/index.ts';
import { readUpstream } from '../upstream/read-upstream.ts';
import type { FirstUse } from '../verify/choose-pin.ts';
import { whyKnown } from '../verify/known-publisher.ts';
import { openPublisher, type Publisher, type PublisherRequest } from '../verify/publisher.ts';
import { fetchCatalog } from '../verify/served.ts';
import { parseServer } from '../verify/server-address.ts';

/** What it takes; `servers` in their order. */
export interface RemoteRequest extends Omit<PublisherRequest, 'server'> {
  readonly servers: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Opens every server, as openPublisher does. Whose key it is may be asked of the first one alone: the others must have the same.
 * @throws CooperError `server-without-catalog` for a server of LXC or LXD, `key-mismatch` for one of another publisher, what
 *   openPublisher throws
 */
export async function openRemote({ servers, ...request }: RemoteRequest): Promise<readonly Publisher[]> {
  const opened: Publisher[] = [];
  for (const server of servers) {
    const [first] = opened;
    const trust = first === undefined ? request.trust : { ...request.trust, ask: sameAs(first) };
    const publisher = await openOrExplain({ ...request, server, trust });
    if (first !== undefined) refuseOther(first, publisher.server.href, publisher.fingerprint);
    opened.push(publisher);
  }
  return opened;
}

/** Answers for the user, who has agreed to the key of the first server. */
function sameAs(first: Publisher): (question: FirstUse) => Promise<boolean> {
  return async ({ server, fingerprint }) => {
    refuseOther(first, server, fingerprint);
    return true;
  };
}

function refuseOther(first: Publisher, server: string, fingerprint: string): void {
  if (fingerprint === first.fingerprint) return;
  throw new CooperError('key-mismatch', {
    what: `${server} is no mirror of ${first.server.href}: it is of another publisher`,
    lines: [`${first.server.href} has ${first.fingerprint}`, `${server} has ${fingerprint}`],
    next: 'Servers of another publisher are another remote.',
  });
}

/** How a server looks that has no catalog, depending on what is asked for first. */
const looksForeign: ReadonlySet<ErrorCode> = new Set(['not-found-on-server', 'key-mismatch']);

async function openOrExplain(request: PublisherRequest & { readonly signal: AbortSignal }): Promise<Publisher> {
  try {
    return await openPublisher(request);
  } catch (error) {
    if (!(error instanceof CooperError && looksForeign.has(error.code))) throw error;
    const protocol = await foreignProtocol(request);
    if (protocol === undefined) throw error;
    throw new CooperError('server-without-catalog', {
      what: `${parseServer(request.server).href} is an image server of ${protocol}, without a signed catalog`,
      cause: error,
    });
  }
}

/** What a server without a catalog speaks; undefined for one that has a catalog, or had one, or speaks nothing known. */
async function foreignProtocol(
  request: PublisherRequest & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { transport, signal } = request;
  const server = parseServer(request.server);
  if ((await found(() => fetchCatalog(server, request))) !== undefined) return undefined;
  if ((await whyKnown(server, request.trust, request.trustDir)) !== undefined) return undefined;
  const upstream = await found(() => readUpstream({ server, transport, signal }));
  return upstream && protocols[upstream.protocol];
}

const protocols = { lxc: 'LXC (an index)', simplestreams: 'LXD (simplestreams)' } as const;

async function found<T>(fetch: () => Promise<T>): Promise<T | undefined> {
  try {
    return await fetch();
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return undefined;
    throw error;
  }
}
