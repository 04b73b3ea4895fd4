// The first look at the servers of a remote: each is verified as far as it can be, and all are of one publisher, or all without a catalog.

import { CooperError } from '../../errors/index.ts';
import type { OpenedUpstream } from '../upstream/open-upstream.ts';
import type { FirstUse } from '../verify/choose-pin.ts';
import { openServer, type ServerRequest } from '../verify/open-server.ts';
import type { Publisher } from '../verify/publisher.ts';

/** What it takes; `servers` in their order. */
export interface RemoteRequest extends Omit<ServerRequest, 'server'> {
  readonly servers: readonly string[];
}

/** Whose servers they are; of servers without a catalog nobody knows, but for the key that was named. */
export type OpenedRemote =
  | { readonly kind: 'publisher'; readonly servers: readonly Publisher[] }
  | { readonly kind: 'upstream'; readonly servers: readonly OpenedUpstream[] };

/**
 * Opens every server, as openServer does. Whose key it is may be asked of the first one alone: the others must have the same.
 * @throws CooperError `key-mismatch` for servers that are not alike, what openServer throws
 */
export async function openRemote({ servers, ...request }: RemoteRequest): Promise<OpenedRemote> {
  const publishers: Publisher[] = [];
  const upstreams: OpenedUpstream[] = [];
  for (const server of servers) {
    const [first] = publishers;
    const trust = first === undefined ? request.trust : { ...request.trust, ask: sameAs(first) };
    const opened = await openServer({ ...request, server, trust });
    if (opened.kind === 'upstream') upstreams.push(opened);
    else publishers.push(opened.publisher);
    refuseMixed(publishers[0], upstreams[0]);
    if (first !== undefined && opened.kind === 'publisher') {
      refuseOther(first, opened.publisher.server.href, opened.publisher.fingerprint);
    }
  }
  return publishers.length > 0 ? { kind: 'publisher', servers: publishers } : { kind: 'upstream', servers: upstreams };
}

function refuseMixed(publisher: Publisher | undefined, upstream: OpenedUpstream | undefined): void {
  if (publisher === undefined || upstream === undefined) return;
  throw new CooperError('key-mismatch', {
    what: `${publisher.server.href} has a signed catalog, and ${upstream.server.href} has none`,
    next: 'Servers of another kind are another remote.',
  });
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
