// The documents of one generation: which file holds what, and which are signed how. Pure but for the signer handed in.

import { type Catalog, channelRoot } from '../../image/index.ts';
import { digestOf, type FileDigest, sha256Of, sumsText } from '../../keys/index.ts';
import { binarySignature, type Signer } from '../../keys/sign.ts';
import { certificatePath } from './attestation.ts';
import type { Certificates } from './attesters.ts';
import { lxcIndex } from './lxc-index.ts';
import { channelsOf, type Offer, shardsOf } from './offer.ts';
import { sumsName } from './signed-file.ts';
import { type StreamItems, streamsDocuments, streamsPaths } from './streams.ts';

/** Life of a catalog: a client that sees none newer after this time refuses to go on. Milliseconds. */
export const catalogLife = 14 * 24 * 3600 * 1000;

/** The indexes of the stock client: its modes, with and without the suffix of its compatibility level. */
const indexNames = ['index-system', 'index-user', 'index-system.7', 'index-user.7'];

/** Their places: stock clients of a channel other than `stable` are pointed to a folder of its name. */
export function indexPaths(channel: string): readonly string[] {
  return indexNames.map((name) => `${channelRoot(channel)}meta/1.0/${name}`);
}

/** Contents by path relative to the root of a generation. */
export type Documents = ReadonlyMap<string, string | Uint8Array>;

/** What a generation is made of. `others`: certificates of those who have attested builds. */
export interface GenerationContents {
  readonly offer: Offer;
  readonly items: StreamItems;
  readonly others: Certificates;
}

/** Everything that a generation holds. */
export async function generationDocuments(
  { offer, items, others }: GenerationContents,
  serial: number,
  signer: Signer,
  now: Date,
): Promise<Documents> {
  const files = new Map<string, string | Uint8Array>();
  for (const [fingerprint, certificate] of others) files.set(certificatePath(fingerprint), certificate);
  files.set(certificatePath(signer.fingerprint), signer.certificate);
  files.set('pks/lookup', signer.certificate);
  const streams: Record<string, FileDigest> = {};
  for (const channel of channelsOf(offer)) {
    await addLxcIndexes(files, offer, channel, signer);
    const { index, images } = streamsDocuments(offer, channel, items);
    const paths = streamsPaths(channel);
    await addSigned(files, paths.index, index, signer);
    await addSigned(files, paths.images, images, signer);
    streams[channel] = digestOf(Buffer.from(images));
  }
  const shards: Catalog['shards'] = {};
  for (const shard of shardsOf(offer)) {
    const text = `${JSON.stringify(shard, undefined, 1)}\n`;
    const digest = digestOf(Buffer.from(text));
    files.set(`cooper/v1/shards/${digest.sha256}.json`, text);
    shards[shard.distribution] = digest;
  }
  const catalog: Catalog = {
    schemaVersion: 1,
    critical: [],
    kind: 'cooper.catalog',
    publisher: signer.fingerprint,
    serial,
    issued: now.toISOString(),
    expires: new Date(now.getTime() + catalogLife).toISOString(),
    certificate: { sha256: sha256Of(signer.certificate) },
    shards,
    streams,
  };
  files.set('cooper/v1/catalog', await signer.signClear(JSON.stringify(catalog, undefined, 1)));
  return withSums(files, signer);
}

type Files = Map<string, string | Uint8Array>;

async function addLxcIndexes(files: Files, offer: Offer, channel: string, signer: Signer): Promise<void> {
  const index = lxcIndex(offer, channel);
  const signature = await signer.signDetached(Buffer.from(index));
  for (const path of indexPaths(channel)) {
    files.set(path, index);
    files.set(`${path}.asc`, signature);
  }
}

async function addSigned(files: Files, path: string, text: string, signer: Signer): Promise<void> {
  files.set(path, text);
  files.set(`${path}.asc`, await signer.signDetached(Buffer.from(text)));
}

/** With SHA256SUMS of all that is there, and its signatures. */
async function withSums(files: Files, signer: Signer): Promise<Documents> {
  const sums = sumsOf(files);
  const signature = await signer.signDetached(Buffer.from(sums));
  return new Map<string, string | Uint8Array>(files)
    .set(sumsName, sums)
    .set(`${sumsName}.asc`, signature)
    .set(`${sumsName}.gpg`, await binarySignature(signature));
}

/** Text of the SHA256SUMS of a generation: of all other documents, signatures among them. */
export function sumsOf(files: Documents): string {
  return sumsText([...files].map(([path, content]) => [path, sha256Of(content)]));
}
