// Opens a publisher: pinned key → certificate from the server → signed catalog → trust state. After this, everything that
// the catalog names by digest can be believed. Refuses with exit status 3; remembers the serial only of what it believed.

import { CooperError } from '../../errors/index.ts';
import { type Catalog, catalogSchema } from '../../image/index.ts';
import {
  type Certificate,
  type Fingerprint,
  mergeCertificates,
  readCertificates,
  sha256Of,
  verifyClearSigned,
} from '../../keys/index.ts';
import { keepCatalog } from '../cache/documents.ts';
import type { KeptFiles } from '../cache/kept-files.ts';
import { type CatalogCase, judgeCatalog, type SeenCatalog } from './attacks.ts';
import { type ChosenPin, choosePin, type TrustChoice } from './choose-pin.ts';
import { onlyPinned } from './fingerprint.ts';
import { rememberPin } from './pin-store.ts';
import { catalogPath, type Fetching, fetchCatalog, fetchCertificate, readServedCertificates } from './served.ts';
import { parseServer, type ServerUrl } from './server-address.ts';
import { readSignedDocument } from './signed-document.ts';
import { advanceSeen, readSeen } from './trust-store.ts';

/** What it takes to trust a publisher. */
export interface PublisherRequest extends Fetching {
  /** URL, or `host[:port][/prefix]` for https. */
  readonly server: string;
  readonly trust: TrustChoice;
  /** Where this machine remembers keys and serials; made when it does not exist. */
  readonly trustDir: string;
  readonly now: Date;
  /** The cache of images, which then keeps what is signed as well. */
  readonly kept?: KeptFiles | undefined;
}

/** A publisher whose catalog was verified. */
export interface Publisher {
  readonly server: ServerUrl;
  readonly fingerprint: Fingerprint;
  readonly certificate: Certificate;
  readonly catalog: Catalog;
  /** Entity tag that the server gives to the catalog. */
  readonly catalogTag: string | undefined;
  /** Certificate and catalog as the server has them, by their paths. */
  readonly documents: ReadonlyMap<string, string>;
  /** What the user should read although nothing failed. */
  readonly notices: readonly string[];
  readonly transport: Fetching['transport'];
  readonly signal: AbortSignal | undefined;
  readonly kept: KeptFiles | undefined;
  /** Read from what is kept: no server is asked. */
  readonly offline?: true;
}

/**
 * Fetches and verifies a publisher's catalog (docs/DESIGN.md, "Trust").
 * @throws CooperError `bad-usage`, `key-missing`, `key-not-accepted`, `key-mismatch`, `signature-*`, `catalog-expired`,
 *   `rollback-refused`, `digest-mismatch`, `signed-document-invalid`, `trust-state-invalid`, and what fetchBytes throws
 */
export async function openPublisher(request: PublisherRequest): Promise<Publisher> {
  const { trustDir, transport, signal, kept } = request;
  const server = parseServer(request.server);
  const pin = await choosePin(server, request.trust, request);
  const opened = await twiceWhenMixed(() => readPublisher(server, pin, request));
  if (pin.remember !== undefined) await rememberPin(trustDir, server, pin.remember, signal);
  const publisher = { ...opened, server, notices: noticesFor(pin, opened.fingerprint), transport, signal, kept };
  await keepCatalogOf(publisher);
  return publisher;
}

/** Keeps its catalog for runs that no server answers. */
export async function keepCatalogOf({ kept, fingerprint, catalog, documents }: Publisher): Promise<void> {
  const [certificate, message] = [certificatePath(fingerprint), catalogPath].map((path) => documents.get(path));
  if (kept === undefined || certificate === undefined || message === undefined) return;
  await keepCatalog(kept, fingerprint, catalog.shards, { certificate, catalog: message });
}

const certificatePath = (fingerprint: string) => `keys/${fingerprint}.asc`;

/** The certificate may be of the generation before that of the catalog: with another key in it, or another digest. */
async function twiceWhenMixed<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const mixed = error instanceof CooperError && ['digest-mismatch', 'signature-unknown-key'].includes(error.code);
    if (!mixed) throw error;
    return await read();
  }
}

async function readPublisher(server: ServerUrl, pin: ChosenPin, request: PublisherRequest) {
  const certificate = await fetchCertificate(server, pin.pinned, request);
  const pinned = await choosePinned(certificate, pin, server);
  const { address, message, etag } = await fetchCatalog(server, request);
  const judge = (subject: CatalogCase) => judgeCatalog(subject);
  const verified = await verifyCatalog({ certificate, pinned, message, address }, request, judge);
  return { ...verified, catalogTag: etag };
}

/** What was handed out, unverified, and what of it is pinned. */
interface HandedOut {
  readonly certificate: Buffer;
  readonly pinned: Certificate;
  readonly message: string;
  /** Where the message comes from, for messages. */
  readonly address: string;
}

/**
 * Verifies a catalog with the pinned certificate and all that is remembered of it, lets `judge` refuse it, and remembers it.
 * @throws CooperError as openPublisher does, but for what fetching throws; what `judge` throws
 */
export async function verifyCatalog(
  { certificate: bytes, pinned, message, address }: HandedOut,
  request: Pick<PublisherRequest, 'trustDir' | 'now' | 'signal'>,
  judge: (subject: CatalogCase) => void,
): Promise<Pick<Publisher, 'fingerprint' | 'certificate' | 'catalog' | 'documents'>> {
  const { trustDir, now, signal } = request;
  const certificate = await withMemory(pinned, request);
  const { text, signedBy, verified } = await rememberingRevocation(certificate, request, () =>
    verifyClearSigned(message, [certificate], now, address),
  );
  const catalog = readSignedDocument(catalogSchema, verified, address);
  const { fingerprint } = certificate;
  const sha256 = sha256Of(text);
  const newer = (seen: SeenCatalog | undefined) => {
    judge({ catalog, sha256, signedBy, certificate: sha256Of(bytes), seen, now });
    // What was once seen is never unlearned, whatever was let pass.
    const newest = seen !== undefined && seen.serial > catalog.serial ? seen : { serial: catalog.serial, sha256 };
    return { ...newest, certificate: certificate.armored };
  };
  await advanceSeen(trustDir, fingerprint, newer, signal);
  const documents = new Map([
    [certificatePath(fingerprint), bytes.toString('utf8')],
    [catalogPath, message],
  ]);
  return { fingerprint, certificate, catalog, documents };
}

/** A revocation is the key's own word, whatever else is wrong: it is kept although the catalog is refused. */
async function rememberingRevocation<T>(
  { fingerprint, armored }: Certificate,
  { trustDir, signal }: Pick<PublisherRequest, 'trustDir' | 'signal'>,
  verify: () => Promise<T>,
): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'signature-revoked')) throw error;
    const keep = (seen: SeenCatalog | undefined) => {
      // Who was never believed needs no memory.
      if (seen === undefined) throw error;
      return { ...seen, certificate: armored };
    };
    await advanceSeen(trustDir, fingerprint, keep, signal);
    throw error;
  }
}

/** With everything that this machine has ever seen of it: a revocation that a server leaves out counts all the same. */
async function withMemory(
  served: Certificate,
  { trustDir, now }: Pick<PublisherRequest, 'trustDir' | 'now'>,
): Promise<Certificate> {
  const armored = (await readSeen(trustDir, served.fingerprint))?.certificate;
  if (armored === undefined || armored === served.armored) return served;
  const [known] = await readCertificates(Buffer.from(armored));
  if (known?.fingerprint === served.fingerprint) return mergeCertificates(known, served, now);
  throw new CooperError('trust-state-invalid', {
    what: `${trustDir}/${served.fingerprint}.json holds the certificate of another key`,
  });
}

/** The certificate that has to be there. Throws `key-mismatch`. */
export async function choosePinned(
  bytes: Buffer,
  { pinned, from }: ChosenPin,
  server: ServerUrl,
): Promise<Certificate> {
  const certificates = await readServedCertificates(bytes, server);
  const matching = onlyPinned(pinned, certificates);
  if (matching !== undefined) return matching;
  throw new CooperError('key-mismatch', {
    what: `${server.href} answers with another key than ${pinned.hex}, which ${reasons[from]}`,
    lines: certificates.map(({ fingerprint }) => `it has ${fingerprint}`),
  });
}

const reasons = {
  'command line': 'the command line pins',
  remote: 'the remote pins',
  configuration: 'cooper.yaml pins',
  'first use': 'it had when it was first used here',
} as const;

function noticesFor({ pinned, remember }: ChosenPin, fingerprint: Fingerprint): string[] {
  if (remember !== undefined) return [`${fingerprint} is remembered as the key of this server`];
  if (pinned.kind === 'fingerprint') return [];
  return [`a key of 16 digits can be forged; pin all 40 instead: --keyid ${fingerprint}`];
}
