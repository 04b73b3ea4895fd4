// The documents of the origin's generation, as they are: a mirror adds nothing and signs nothing. Each is verified before it is
// believed, and has to belong to the catalog that the mirror follows. A mirror that leaves images out has indexes of its own, which
// name only what it has, and which nobody has signed.

import { addressBelow, type Publisher, type ShardFile } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { isWhole, type Selection, selectionDocument, signatureLimit } from '../../image/index.ts';
import { verifyDetached } from '../../keys/index.ts';
import { certificatePath } from '../publish/attestation.ts';
import type { Certificates } from '../publish/attesters.ts';
import { type Documents, indexPaths } from '../publish/documents.ts';
import { lxcIndex } from '../publish/lxc-index.ts';
import { channelsOf, type Offer } from '../publish/offer.ts';
import { selectionPath } from '../publish/selected-offer.ts';
import type { StreamItems } from '../publish/streams.ts';
import { addOriginStreams, addStreams } from './streams.ts';

/** What is to be live. */
export interface NextOffer {
  readonly shards: readonly ShardFile[];
  readonly offer: Offer;
  readonly selection: Selection;
  /** What is said of its builds to LXD. */
  readonly items: StreamItems;
}

/**
 * Contents by path, for writeGeneration. `others`: certificates of those who have attested builds.
 * @throws CooperError as fetchBytes does; `signature-*`; `signed-document-invalid` for an index of something else
 */
export async function originDocuments(
  origin: Publisher,
  { shards, offer, selection, items }: NextOffer,
  now: Date,
  others: Certificates,
): Promise<Documents> {
  const files = new Map<string, string | Uint8Array>(origin.documents);
  for (const [fingerprint, certificate] of others) {
    if (fingerprint !== origin.fingerprint) files.set(certificatePath(fingerprint), certificate);
  }
  for (const { path, text } of shards) files.set(path, text);
  // A file of this name answers for HKP where no program does.
  files.set('pks/lookup', origin.documents.get(`keys/${origin.fingerprint}.asc`) ?? '');
  if (!isWhole(selection)) files.set(selectionPath, selectionDocument(selection));
  for (const channel of channelsOf(offer)) {
    const index = lxcIndex(offer, channel);
    for (const path of indexPaths(channel)) files.set(path, index);
    if (isWhole(selection)) await addSignatures(files, origin, channel, index, now);
  }
  addStreams(files, origin, offer, items);
  if (isWhole(selection)) await addOriginStreams(files, origin, offer, now);
  return files;
}

/** The origin's, over indexes that have to be the same. */
async function addSignatures(
  files: Map<string, string | Uint8Array>,
  origin: Publisher,
  channel: string,
  index: string,
  now: Date,
): Promise<void> {
  for (const path of indexPaths(channel)) {
    if ((await fetchText(origin, path, Buffer.byteLength(index))) !== index) throw otherIndex(origin, path);
    const signature = await fetchText(origin, `${path}.asc`, signatureLimit);
    await verifyDetached(Buffer.from(index), signature, [origin.certificate], now, path);
    files.set(`${path}.asc`, signature);
  }
}

async function fetchText({ server, transport, signal }: Publisher, path: string, limit: number): Promise<string> {
  return (await fetchBytes(addressBelow(server, path).href, { transport, limit, signal })).toString('utf8');
}

function otherIndex({ server }: Publisher, path: string): CooperError {
  return new CooperError('signed-document-invalid', {
    what: `${addressBelow(server, path).href} does not list what the catalog offers`,
  });
}
