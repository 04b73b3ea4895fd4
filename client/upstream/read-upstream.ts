// Reads what a server in the manner of images.linuxcontainers.org lists: simplestreams where there is some, since it has digests, and
// the LXC index besides. Nothing is verified here but form; every document has a limit.

import { CooperError } from '../../errors/index.ts';
import { fetchTagged, fetchUnlessSame, type Transport } from '../../fetch/index.ts';
import { type Sha256, sha256Of } from '../../keys/index.ts';
import { addressBelow, type ServerUrl } from '../verify/server-address.ts';
import { readLxcIndex } from './lxc-index.ts';
import { readProducts, readStreamsIndex } from './simplestreams.ts';
import { type Listing, mergeBuilds, type UpstreamBuild } from './upstream-build.ts';

/** Where and how. */
export interface UpstreamFetching {
  readonly server: ServerUrl;
  readonly transport: Transport;
  readonly signal: AbortSignal;
}

/** A document as the server has it, and its entity tag. */
export interface UpstreamDocument {
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

/** What a server offers. */
export interface Upstream {
  readonly server: ServerUrl;
  readonly protocol: 'lxc' | 'simplestreams';
  /** By path; a name that the server does not have is there without one. */
  readonly documents: ReadonlyMap<string, UpstreamDocument | undefined>;
  /** Of the LXC index alone. */
  readonly index: Listing;
  readonly builds: readonly UpstreamBuild[];
  /** What could not be taken, a sentence each. */
  readonly odd: readonly string[];
}

/** The names of LXC's index; a client takes the first that is there of its mode. */
export const lxcIndexPaths = ['index-system.7', 'index-system', 'index-user.7', 'index-user'].map(
  (name) => `meta/1.0/${name}`,
);
const streamsIndexPath = 'streams/v1/index.json';

const limits = { index: 8 << 20, streams: 1 << 20, products: 64 << 20 } as const;

/**
 * Fetches and reads it.
 * @throws CooperError 'upstream-invalid'; 'not-found-on-server' for a server with none of the documents; what fetchBytes throws
 */
export async function readUpstream(fetching: UpstreamFetching): Promise<Upstream> {
  const { server } = fetching;
  const documents = new Map<string, UpstreamDocument | undefined>();
  const read = async (path: string, limit: number) => {
    const found = await fetchOptional(path, limit, fetching);
    documents.set(path, found);
    return found && { text: found.bytes.toString('utf8'), address: addressBelow(server, path).href };
  };
  const streams = await read(streamsIndexPath, limits.streams);
  const products: Listing[] = [];
  for (const path of streams === undefined ? [] : readStreamsIndex(streams.text, streams.address)) {
    const found = await read(path, limits.products);
    if (found === undefined) throw lacking(server, path);
    products.push(readProducts(found.text, found.address));
  }
  const indexes: Listing[] = [];
  for (const path of lxcIndexPaths) {
    const found = await read(path, limits.index);
    if (found !== undefined) indexes.push(readLxcIndex(found.text, found.address));
  }
  if (streams === undefined && indexes.length === 0) throw lacking(server, lxcIndexPaths[0] ?? '');
  const index = {
    builds: mergeBuilds(
      indexes.flatMap(({ builds }) => builds),
      [],
    ),
    odd: oddOf(indexes),
  };
  const builds = mergeBuilds(
    index.builds,
    products.flatMap((listing) => listing.builds),
  );
  if (builds.length === 0) throw new CooperError('upstream-invalid', { what: `${server.href} lists no image at all` });
  const protocol = streams === undefined ? 'lxc' : 'simplestreams';
  return { server, protocol, documents, index, builds, odd: [...index.odd, ...oddOf(products)] };
}

/** What was read once: digest and entity tag by path, null for what the server did not have. */
export type KnownDocuments = Readonly<
  Record<string, { readonly sha256: string; readonly etag?: string | undefined } | null>
>;

/** What to keep of the documents to ask by `isUnchanged`. */
export function knownDocuments({ documents }: Pick<Upstream, 'documents'>): KnownDocuments {
  const known = [...documents].map(([path, found]) => {
    return [path, found === undefined ? null : { sha256: sha256Of(found.bytes) as Sha256, etag: found.etag }] as const;
  });
  return Object.fromEntries(known);
}

/** Whether the server has the same documents still: where it gives entity tags, without sending them again. Throws what fetchBytes throws. */
export async function isUnchanged(known: KnownDocuments, fetching: UpstreamFetching): Promise<boolean> {
  for (const [path, before] of Object.entries(known)) {
    const now = await fetchOptional(path, limits.products, fetching, before?.etag);
    if (now === 'same') continue;
    if (now === undefined ? before !== null : sha256Of(now.bytes) !== before?.sha256) return false;
  }
  return true;
}

async function fetchOptional(
  path: string,
  limit: number,
  fetching: UpstreamFetching,
): Promise<UpstreamDocument | undefined>;
async function fetchOptional(
  path: string,
  limit: number,
  fetching: UpstreamFetching,
  etag: string | undefined,
): Promise<UpstreamDocument | 'same' | undefined>;
async function fetchOptional(
  path: string,
  limit: number,
  { server, transport, signal }: UpstreamFetching,
  etag?: string,
): Promise<UpstreamDocument | 'same' | undefined> {
  const address = addressBelow(server, path).href;
  try {
    if (etag === undefined) return await fetchTagged(address, { transport, limit, signal });
    return (await fetchUnlessSame(address, { transport, limit, signal }, etag)) ?? 'same';
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return undefined;
    throw error;
  }
}

const oddOf = (listings: readonly Listing[]) => [...new Set(listings.flatMap(({ odd }) => odd))];

function lacking(server: ServerUrl, path: string): CooperError {
  return new CooperError('not-found-on-server', {
    what: `the server has no ${addressBelow(server, path).href}`,
    next: 'Check the address: neither a catalog of Cooper, nor an LXC index, nor simplestreams is there.',
  });
}
