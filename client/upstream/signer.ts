// The certificate of the key that signs an upstream's files: the operator's copy, else what the server has of it. Whichever it is, its
// fingerprint is the one that was named.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { certificateLimit } from '../../image/index.ts';
import { type Certificate, type Fingerprint, readCertificates } from '../../keys/index.ts';
import { addressBelow } from '../verify/server-address.ts';
import type { UpstreamFetching } from './read-upstream.ts';

/** Whose signatures the server's files have to have. */
export interface UpstreamKey {
  /** Undefined where no signatures are looked at. */
  readonly keyid: Fingerprint | undefined;
  /** That key's certificates as the user has them; else the server is asked. */
  readonly certificates: readonly Certificate[];
}

/**
 * The certificate of `keyid`; undefined when no key is named.
 * @throws CooperError 'key-mismatch' when nobody has it; what fetchBytes throws
 */
export async function signerOf(request: UpstreamFetching & UpstreamKey): Promise<Certificate | undefined> {
  const { keyid, certificates } = request;
  if (keyid === undefined) return undefined;
  const given = certificates.find(({ fingerprint }) => fingerprint === keyid);
  if (given !== undefined) return given;
  if (certificates.length > 0) throw lacking(keyid, 'the file of --certificate does not hold');
  for (const address of addressesOf(keyid, request)) {
    const found = await ask(address, keyid, request);
    if (found !== undefined) return found;
  }
  throw lacking(keyid, `${request.server.href} does not have`);
}

/** As our publishers have it, and as LXC 4 asks for it (docs/PROTOCOLS.md, section 1). */
function addressesOf(keyid: Fingerprint, { server }: UpstreamFetching): string[] {
  const lookup = addressBelow(server, 'pks/lookup');
  lookup.search = `?op=get&options=mr&search=0x${keyid}`;
  return [addressBelow(server, `keys/${keyid}.asc`).href, lookup.href];
}

async function ask(
  address: string,
  keyid: Fingerprint,
  { transport, signal }: UpstreamFetching,
): Promise<Certificate | undefined> {
  try {
    const bytes = await fetchBytes(address, { transport, limit: certificateLimit, signal });
    return (await readCertificates(bytes)).find(({ fingerprint }) => fingerprint === keyid);
  } catch (error) {
    if (error instanceof CooperError && ['not-found-on-server', 'key-unreadable'].includes(error.code))
      return undefined;
    throw error;
  }
}

function lacking(keyid: Fingerprint, who: string): CooperError {
  return new CooperError('key-mismatch', {
    what: `${who} the key ${keyid}`,
    next: 'Check the fingerprint, or give the certificate of the key with --certificate FILE.',
  });
}
