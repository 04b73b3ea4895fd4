// The LXC indexes of a server under the signatures beside them, as LXC 4 has it. Of simplestreams nobody signs anything.

import { CooperError } from '../../errors/index.ts';
import { type Certificate, verifyDetached } from '../../keys/index.ts';
import { addressBelow } from '../verify/server-address.ts';
import { fetchSignature } from './fetch-files.ts';
import { lxcIndexPaths, type Upstream, type UpstreamFetching } from './read-upstream.ts';
import { keyOf, type UpstreamBuild } from './upstream-build.ts';

/** The indexes that a server has. Pure. */
export function indexPathsOf(documents: ReadonlyMap<string, unknown>): readonly string[] {
  return lxcIndexPaths.filter((path) => documents.get(path) !== undefined);
}

/**
 * Each index of the server with its signature, by path.
 * @throws CooperError 'upstream-unsigned', 'signature-*', what fetchBytes throws
 */
export async function verifiedIndexes(
  upstream: Pick<Upstream, 'documents'>,
  signer: Certificate,
  request: UpstreamFetching & { readonly now: Date },
): Promise<ReadonlyMap<string, string>> {
  const indexes = new Map<string, string>();
  for (const path of indexPathsOf(upstream.documents)) {
    const { href } = addressBelow(request.server, path);
    const bytes = upstream.documents.get(path)?.bytes ?? Buffer.alloc(0);
    const signature = await fetchSignature(href, request);
    await verifyDetached(bytes, signature, [signer], request.now, href);
    indexes.set(path, bytes.toString('utf8'));
    indexes.set(`${path}.asc`, signature);
  }
  if (indexes.size > 0) return indexes;
  throw new CooperError('upstream-unsigned', {
    what: `${request.server.href} has no LXC index, and simplestreams has no signatures`,
  });
}

/** What the indexes list, with the digests that simplestreams has of it. Pure. */
export function indexedBuilds({ index, builds }: Pick<Upstream, 'index' | 'builds'>): readonly UpstreamBuild[] {
  const withDigests = new Map(builds.filter(({ inIndex }) => inIndex).map((build) => [keyOf(build), build]));
  return index.builds.map((build) => withDigests.get(keyOf(build)) ?? build);
}
