// The documents of the origin's generation, as they are: a mirror adds nothing and signs nothing. Each is verified before it is
// believed, and has to belong to the catalog that the mirror follows.

import { addressBelow, type Publisher, type ShardFile } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { verifyDetached } from '../../keys/index.ts';
import { certificatePath } from '../publish/attestation.ts';
import type { Certificates } from '../publish/attesters.ts';
import { indexPaths } from '../publish/documents.ts';
import { lxcIndex } from '../publish/lxc-index.ts';
import { channelsOf, type Offer } from '../publish/offer.ts';

/**
 * Contents by path, for writeGeneration. `others`: certificates of those who have attested builds.
 * @throws CooperError as fetchBytes does; `signature-*`; `signed-document-invalid` for an index of something else
 */
export async function originDocuments(
  origin: Publisher,
  shards: readonly ShardFile[],
  offer: Offer,
  now: Date,
  others: Certificates,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map(origin.documents);
  for (const [fingerprint, certificate] of others) {
    if (fingerprint !== origin.fingerprint) files.set(certificatePath(fingerprint), certificate);
  }
  for (const { path, text } of shards) files.set(path, text);
  // A file of this name answers for HKP where no program does.
  files.set('pks/lookup', origin.documents.get(`keys/${origin.fingerprint}.asc`) ?? '');
  for (const channel of channelsOf(offer)) await addIndexes(files, origin, channel, lxcIndex(offer, channel), now);
  return files;
}

async function addIndexes(
  files: Map<string, string>,
  origin: Publisher,
  channel: string,
  index: string,
  now: Date,
): Promise<void> {
  for (const path of indexPaths(channel)) {
    if ((await fetchText(origin, path, Buffer.byteLength(index))) !== index) throw otherIndex(origin, path);
    const signature = await fetchText(origin, `${path}.asc`, signatureLimit);
    await verifyDetached(Buffer.from(index), signature, [origin.certificate], now, path);
    files.set(path, index);
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
