// Opens whatever a server is: a publisher with a signed catalog, or one in the manner of images.linuxcontainers.org. That it has no
// catalog is believed only of a server of which this machine has no reason to expect one.

import { CooperError, type ErrorCode } from '../../errors/index.ts';
import { type OpenedUpstream, openUpstream } from '../upstream/open-upstream.ts';
import { catalogVanished, hasCatalog } from '../upstream/secure.ts';
import { whyKnown } from './known-publisher.ts';
import { whileItMoves } from './moved.ts';
import { openPublisher, type Publisher, type PublisherRequest } from './publisher.ts';
import { parseServer } from './server-address.ts';

/** What it takes. */
export interface ServerRequest extends PublisherRequest {
  readonly signal: AbortSignal;
}

/** What a server was found to be. */
export type OpenedServer = { readonly kind: 'publisher'; readonly publisher: Publisher } | OpenedUpstream;

/** How a server looks that has no catalog, depending on what is asked for first. */
const looksForeign: ReadonlySet<ErrorCode> = new Set(['not-found-on-server', 'key-mismatch']);

/**
 * Opens it.
 * @throws CooperError as openPublisher and openUpstream do, `catalog-vanished`
 */
export async function openServer(request: ServerRequest): Promise<OpenedServer> {
  try {
    return { kind: 'publisher', publisher: await openPublisher(request) };
  } catch (error) {
    if (!(error instanceof CooperError && looksForeign.has(error.code))) throw error;
    const upstream = await openForeign(request);
    if (upstream === undefined) throw error;
    return upstream;
  }
}

/** Undefined for a server that has a catalog after all, or speaks nothing known. */
async function openForeign(request: ServerRequest): Promise<OpenedUpstream | undefined> {
  const { transport, signal, now, trust } = request;
  const server = parseServer(request.server);
  const fetching = { server, transport, signal, now };
  if (await hasCatalog(fetching)) return undefined;
  const why = await whyKnown(server, trust, request.trustDir);
  if (why !== undefined) throw catalogVanished(server, why);
  return openUpstream(fetching, trust);
}

/** What to do with either kind. */
export interface ServerUses<T> {
  readonly ofPublisher: (publisher: Publisher) => Promise<T>;
  readonly ofUpstream: (upstream: OpenedUpstream) => Promise<T>;
}

/** Does it; again, once, when a publisher has published meanwhile. Throws what `open` and the uses throw. */
export async function useServer<T>(open: () => Promise<OpenedServer>, uses: ServerUses<T>): Promise<T> {
  const first = await open();
  if (first.kind === 'upstream') return uses.ofUpstream(first);
  let unused: Publisher | undefined = first.publisher;
  const next = async () => {
    const publisher = unused ?? publisherOf(await open());
    unused = undefined;
    return publisher;
  };
  return whileItMoves(next, uses.ofPublisher, 2);
}

function publisherOf(opened: OpenedServer): Publisher {
  if (opened.kind === 'publisher') return opened.publisher;
  throw catalogVanished(opened.server, 'it was there a moment ago');
}
