// What keeps somebody on the way, or a server itself, from passing off what nobody has signed. A catalog that was there once and is not
// there any more is an attack until somebody says otherwise: without it anything could be handed out.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import type { Certificate } from '../../keys/index.ts';
import { catalogLimit, catalogPath } from '../verify/served.ts';
import { addressBelow, type ServerUrl } from '../verify/server-address.ts';
import type { UpstreamFetching } from './read-upstream.ts';

/**
 * Passes for a server whose files nobody on the way can have changed: by https, by signatures, or on this machine.
 * @throws CooperError 'upstream-insecure'
 */
export function requireSecure(server: ServerUrl, signer: Certificate | undefined): void {
  if (server.protocol === 'https:' || signer !== undefined || isLoopback(server.hostname)) return;
  throw new CooperError('upstream-insecure', { what: `nothing would vouch for what comes from ${server.href}` });
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);

/** Whether the server has a catalog of Cooper, whatever it is worth. Throws what fetchBytes throws but 'not-found-on-server'. */
export async function hasCatalog({ server, transport, signal }: UpstreamFetching): Promise<boolean> {
  try {
    await fetchBytes(addressBelow(server, catalogPath).href, { transport, limit: catalogLimit, signal });
    return true;
  } catch (error) {
    if (error instanceof CooperError && error.code === 'not-found-on-server') return false;
    throw error;
  }
}

/** The refusal of a server that should have a catalog; `why` as whyKnown says it. */
export function catalogVanished(server: ServerUrl, why: string): CooperError {
  return new CooperError('catalog-vanished', {
    what: `${addressBelow(server, catalogPath).href} is not there, although ${why}`,
  });
}

/**
 * The refusal of a server that shows no catalog to somebody who has named a key of it. Publishers sign the same files besides: who hides
 * the catalog could hand out old ones. That there is none is for the user to say, who has the certificate of the key then.
 */
export function catalogHidden(server: ServerUrl): CooperError {
  return new CooperError('catalog-vanished', {
    what: `${server.href} has no catalog, and a key of it is named: nothing would say how old the files are that it has signed`,
    next: 'If it never had a catalog, as servers of LXC and LXD have none, say so with the certificate of the key: --certificate FILE. Else try again later, or another mirror.',
  });
}
