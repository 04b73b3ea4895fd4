// What a mirror has for LXD and Incus, and the list of all of its documents. Whether the origin has any is said by its catalog: one of
// an earlier version has none, and then the mirror has none either. A mirror of everything has the origin's, signatures included;
// one that leaves images out has lists of its own, unsigned, and no SHA256SUMS, which would prove nothing without a signature.

import { addressBelow, type Publisher } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { signatureLimit } from '../../image/index.ts';
import { sha256Of, verifyDetached } from '../../keys/index.ts';
import { sumsOf } from '../publish/documents.ts';
import { channelsOf, type Offer } from '../publish/offer.ts';
import { sumsName } from '../publish/signed-file.ts';
import { type StreamItems, streamsDocuments, streamsPaths } from '../publish/streams.ts';

type Files = Map<string, string | Uint8Array>;

/** Adds the lists of what is on offer, unsigned. */
export function addStreams(files: Files, { catalog }: Publisher, offer: Offer, items: StreamItems): void {
  if (catalog.streams === undefined) return;
  for (const channel of channelsOf(offer)) {
    const { index, images } = streamsDocuments(offer, channel, items);
    const paths = streamsPaths(channel);
    files.set(paths.index, index).set(paths.images, images);
  }
}

/**
 * Adds the origin's signatures of those lists, which have to be what its catalog says, and its SHA256SUMS, which has to be that of `files`.
 * @throws CooperError as fetchBytes does; `signature-*`; `signed-document-invalid` for other lists
 */
export async function addOriginStreams(files: Files, origin: Publisher, offer: Offer, now: Date): Promise<void> {
  const { streams } = origin.catalog;
  if (streams === undefined) return;
  for (const channel of channelsOf(offer)) {
    const { index, images } = streamsPaths(channel);
    const list = textOf(files, images);
    if (sha256Of(list) !== streams[channel]?.sha256) throw otherList(origin, images);
    for (const path of [index, images]) await addSignature(files, origin, path, '.asc', now);
  }
  const sums = sumsOf(files);
  if ((await fetchDocument(origin, sumsName, Buffer.byteLength(sums))).toString('utf8') !== sums) {
    throw otherList(origin, sumsName);
  }
  files.set(sumsName, sums);
  await addSignature(files, origin, sumsName, '.asc', now);
  await addSignature(files, origin, sumsName, '.gpg', now);
}

async function addSignature(
  files: Files,
  origin: Publisher,
  path: string,
  form: '.asc' | '.gpg',
  now: Date,
): Promise<void> {
  const signature = await fetchDocument(origin, `${path}${form}`, signatureLimit);
  const given = form === '.asc' ? signature.toString('utf8') : signature;
  await verifyDetached(Buffer.from(textOf(files, path)), given, [origin.certificate], now, path);
  files.set(`${path}${form}`, given);
}

function textOf(files: Files, path: string): string {
  const text = files.get(path);
  if (typeof text !== 'string') throw new TypeError(`${path} is not among the documents`);
  return text;
}

function fetchDocument({ server, transport, signal }: Publisher, path: string, limit: number): Promise<Buffer> {
  return fetchBytes(addressBelow(server, path).href, { transport, limit, signal });
}

function otherList({ server }: Publisher, path: string): CooperError {
  return new CooperError('signed-document-invalid', {
    what: `${addressBelow(server, path).href} does not list what the catalog offers`,
  });
}
