// Opens a publisher: pinned key → certificate from the server → signed catalog → trust state. After this, everything that
// the catalog names by digest can be believed. Refuses with exit status 3; remembers the serial only of what it believed.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes, type Transport } from '../../fetch/index.ts';
import { type Catalog, catalogSchema } from '../../image/index.ts';
import { type Certificate, type Fingerprint, readCertificates, sha256Of, verifyClearSigned } from '../../keys/index.ts';
import { onlyPinned, type PinnedKey, parseKeyid } from './fingerprint.ts';
import { addressBelow, parseServer, type ServerUrl } from './server-address.ts';
import { readSignedDocument } from './signed-document.ts';
import { judgeCatalog, remember, type SeenCatalog } from './trust-state.ts';
import { advanceSeen } from './trust-store.ts';

/** Bytes that the two documents may have whose size nothing signed tells beforehand. */
const certificateLimit = 64 * 1024;
const catalogPath = 'cooper/v1/catalog';
const catalogLimit = 4 * 1024 * 1024;

/** What it takes to trust a publisher. */
export interface PublisherRequest {
  /** URL, or `host[:port][/prefix]` for https. */
  readonly server: string;
  /** The pinned key: 40 hexadecimal digits; 16 are taken with a notice. */
  readonly keyid: string | undefined;
  /** Where this machine remembers serials; made when it does not exist. */
  readonly trustDir: string;
  readonly transport: Transport;
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
}

/** A publisher whose catalog was verified. */
export interface Publisher {
  readonly server: ServerUrl;
  readonly fingerprint: Fingerprint;
  readonly certificate: Certificate;
  readonly catalog: Catalog;
  /** Certificate and catalog as the server has them, by their paths. */
  readonly documents: ReadonlyMap<string, string>;
  /** What the user should read although nothing failed. */
  readonly notices: readonly string[];
  readonly transport: Transport;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches and verifies a publisher's catalog (docs/DESIGN.md, "Trust").
 * @throws CooperError `bad-usage`, `key-missing`, `key-mismatch`, `signature-*`, `catalog-expired`,
 *   `rollback-refused`, `digest-mismatch`, `signed-document-invalid`, and what fetchBytes throws
 */
export async function openPublisher(request: PublisherRequest): Promise<Publisher> {
  const { trustDir, transport, now, signal } = request;
  const pinned = parseKeyid(request.keyid);
  const server = parseServer(request.server);
  const bytes = await fetchCertificate(server, pinned, request);
  const certificate = await choosePinned(bytes, pinned, server);
  const address = addressBelow(server, catalogPath).href;
  const message = await fetchBytes(address, { transport, limit: catalogLimit, signal });
  const { text, signedBy, verified } = await verifyClearSigned(message.toString('utf8'), [certificate], now, address);
  const catalog = readSignedDocument(catalogSchema, verified, address);
  const { fingerprint } = certificate;
  const judge = (seen: SeenCatalog | undefined) => {
    const subject = { catalog, sha256: sha256Of(text), signedBy, certificate: sha256Of(bytes), seen, now };
    judgeCatalog(subject);
    return remember(subject);
  };
  await advanceSeen(trustDir, fingerprint, judge, signal);
  const documents = new Map([
    [`keys/${fingerprint}.asc`, bytes.toString('utf8')],
    [catalogPath, message.toString('utf8')],
  ]);
  const notices = noticesFor(pinned, fingerprint);
  return { server, fingerprint, certificate, catalog, documents, notices, transport, signal };
}

/** A server without the file is one of another publisher, which is more to the point than "not found". */
async function fetchCertificate(server: ServerUrl, pinned: PinnedKey, request: PublisherRequest): Promise<Buffer> {
  const { transport, signal } = request;
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

/** Only HKP knows a key by its last 16 digits. */
function certificateAddress(server: ServerUrl, pinned: PinnedKey): URL {
  if (pinned.kind === 'fingerprint') return addressBelow(server, `keys/${pinned.hex}.asc`);
  const address = addressBelow(server, 'pks/lookup');
  address.search = `?op=get&options=mr&search=0x${pinned.hex}`;
  return address;
}

async function choosePinned(bytes: Buffer, pinned: PinnedKey, server: ServerUrl): Promise<Certificate> {
  const certificates = await readServed(bytes, server);
  const matching = onlyPinned(pinned, certificates);
  if (matching !== undefined) return matching;
  throw new CooperError('key-mismatch', {
    what: `${server.href} answers with another key than the pinned ${pinned.hex}`,
    lines: certificates.map(({ fingerprint }) => `it has ${fingerprint}`),
  });
}

async function readServed(bytes: Buffer, server: ServerUrl): Promise<Certificate[]> {
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

function noticesFor(pinned: PinnedKey, fingerprint: Fingerprint): string[] {
  if (pinned.kind === 'fingerprint') return [];
  return [`a key of 16 digits can be forged; pin all 40 instead: --keyid ${fingerprint}`];
}
