// What a mirror that keeps signatures takes of a server's LXC index, once the index itself is verified.

import { indexedBuilds, type Upstream, type UpstreamBuild } from '../../../client/index.ts';
import { CooperError } from '../../../errors/index.ts';
import { isWhole } from '../../../image/index.ts';
import type { Certificate } from '../../../keys/index.ts';
import { misplacedBuild, selectedBuilds } from './plan.ts';
import type { UpstreamRequest } from './request.ts';

/** The certificate that every signature has to be of. Throws 'upstream-unsigned' when none is named. Pure. */
export function requireSigner(request: UpstreamRequest): Certificate {
  if (request.signer === undefined) throw unnamed(request);
  return request.signer;
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
  const wanted = selectedBuilds(indexedBuilds({ index, builds }), selection);
  const odd = misplacedBuild(wanted);
  if (odd === undefined) return wanted;
  throw new CooperError('upstream-invalid', { what: `in the index of ${server.href} ${odd}`, next: 'Give --resign.' });
}

function unnamed({ server }: UpstreamRequest): CooperError {
  return new CooperError('upstream-unsigned', {
    what: `${server.href} has no signed catalog, and nothing says with which key its images are signed`,
  });
}
