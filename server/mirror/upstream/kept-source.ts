// What a mirror that keeps signatures takes of a server's LXC index, once the index itself is verified.

import { addressBelow, keyOf, type Upstream, type UpstreamBuild } from '../../../client/index.ts';
import { CooperError } from '../../../errors/index.ts';
import { isWhole } from '../../../image/index.ts';
import { type Certificate, verifyDetached } from '../../../keys/index.ts';
import { signerOf } from './certificate.ts';
import { fetchSignature } from './fetch-files.ts';
import { indexPathsOf } from './kept-tree.ts';
import { misplacedBuild, selectedBuilds } from './plan.ts';
import type { UpstreamRequest } from './request.ts';

/** The certificate that every signature has to be of. Throws 'upstream-unsigned' when no key is named; what signerOf throws. */
export async function requireSigner(request: UpstreamRequest): Promise<Certificate> {
  const signer = await signerOf(request);
  if (signer === undefined) throw unnamed(request);
  return signer;
}

/**
 * Each index of the server with its signature, by path.
 * @throws CooperError 'upstream-unsigned', 'signature-*', what fetchBytes throws
 */
export async function verifiedIndexes(
  upstream: Upstream,
  signer: Certificate,
  request: UpstreamRequest,
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
    what: `${request.server.href} has no LXC index, and simplestreams has no signatures that could be kept`,
    next: 'Give --resign: images are then signed with your own key.',
  });
}

/**
 * The builds that the tree is to have: all of the index, or those of it that are selected.
 * @throws CooperError 'upstream-invalid'
 */
export function keptBuilds(
  { index, builds }: Upstream,
  { selection, server }: UpstreamRequest,
): readonly UpstreamBuild[] {
  if (isWhole(selection) && index.odd.length > 0) {
    throw new CooperError('upstream-invalid', {
      what: `the index of ${server.href} has entries that cannot be copied`,
      lines: index.odd.slice(0, 10),
      next: 'Copy a part of it (--dist, --release, --arch, --variant), or give --resign.',
    });
  }
  const withDigests = new Map(builds.filter(({ inIndex }) => inIndex).map((build) => [keyOf(build), build]));
  const wanted = selectedBuilds(index.builds, selection).map((build) => withDigests.get(keyOf(build)) ?? build);
  const odd = misplacedBuild(wanted);
  if (odd === undefined) return wanted;
  throw new CooperError('upstream-invalid', { what: `in the index of ${server.href} ${odd}`, next: 'Give --resign.' });
}

function unnamed({ server }: UpstreamRequest): CooperError {
  return new CooperError('upstream-unsigned', {
    what: `${server.href} has no signed catalog, and nothing says with which key its images are signed`,
  });
}
