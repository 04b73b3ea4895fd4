// The two documents of a server that nothing signed names beforehand: its certificate and its catalog. Fetches them within limits.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes, fetchTagged, type Transport } from '../../fetch/index.ts';
import { certificateLimit } from '../../image/index.ts';
import { type Certificate, readCertificates } from '../../keys/index.ts';
import type { PinnedKey } from './fingerprint.ts';
import { addressBelow, type ServerUrl } from './server-address.ts';

/** Bytes that a catalog may have: nothing signed tells beforehand. */
export const catalogLimit = 4 * 1024 * 1024;

/** Of the catalog, relative to the server. */
export const catalogPath = 'cooper/v1/catalog';

/** How to fetch. */
export interface Fetching {
  readonly transport: Transport;
  readonly signal?: AbortSignal | undefined;
}

/** The clear-signed catalog, unverified, where it is and its entity tag. Throws what fetchBytes throws. */
export async function fetchCatalog(
  server: ServerUrl,
  { transport, signal }: Fetching,
): Promise<{ readonly address: string; readonly message: string; readonly etag: string | undefined }> {
  const address = addressBelow(server, catalogPath).href;
  const { bytes, etag } = await fetchTagged(address, { transport, limit: catalogLimit, signal });
  return { address, message: bytes.toString('utf8'), etag };
}

/**
 * The file of a publisher's certificate. A server without it is one of another publisher, which is more to the point than "not found".
 * @throws CooperError `key-mismatch`, what fetchBytes throws
 */
export async function fetchCertificate(
  server: ServerUrl,
  pinned: PinnedKey,
  { transport, signal }: Fetching,
): Promise<Buffer> {
  try {
    return await fetchBytes(certificateAddress(server, pinned).href, { transport, limit: certificateLimit, signal });
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'not-found-on-server')) throw error;
    throw new CooperError('key-mismatch', {
      what: `${server.href} does not have the pinned key ${pinned.hex}`,
      cause: error,
    });
  }
}

/** Reads such a file. Throws `key-mismatch`. */
export async function readServedCertificates(bytes: Buffer, server: ServerUrl): Promise<Certificate[]> {
  try {
    return await readCertificates(bytes);
  } catch (error) {
    if (!(error instanceof CooperError)) throw error;
    throw new CooperError('key-mismatch', {
      what: `what ${server.href} hands out as its key is none: ${error.message}`,
      cause: error,
    });
  }
}

/** Only HKP knows a key by its last 16 digits. */
function certificateAddress(server: ServerUrl, pinned: PinnedKey): URL {
  if (pinned.kind === 'fingerprint') return addressBelow(server, `keys/${pinned.hex}.asc`);
  const address = addressBelow(server, 'pks/lookup');
  address.search = `?op=get&options=mr&search=0x${pinned.hex}`;
  return address;
}
