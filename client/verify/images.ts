// What a verified publisher offers: lists images and chooses one. Everything fetched here is named by digest in the catalog
// or in a shard; refuses a shard or manifest that says it is something else.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { type Manifest, manifestSchema, type Shard, shardSchema } from '../../image/index.ts';
import { type FileDigest, type Verified, verifyDigest } from '../../keys/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { keepDocument, readDocument } from '../cache/documents.ts';
import { refuseWrongImage, refuseWrongShard } from './attacks.ts';
import { requireAttestations, type Threshold } from './attestations.ts';
import { findFingerprint, refuseOtherFingerprint } from './find-fingerprint.ts';
import { findImage } from './find-image.ts';
import { type ImageFilter, matchesFilter, type WantedImage } from './image-name.ts';
import { imageNotFound } from './image-not-found.ts';
import { buildsIn, type OfferedImage, offeredBy } from './offered.ts';
import { keepCatalogOf, type Publisher } from './publisher.ts';
import { addressBelow } from './server-address.ts';
import { readSignedDocument } from './signed-document.ts';

/** A build that a publisher names. */
export type NamedBuild = ImageId & Pick<OfferedImage, 'build' | 'path' | 'manifest'>;

/** A shard, and the file that it is in. */
export interface ShardFile {
  /** Relative to the server. */
  readonly path: string;
  readonly text: string;
  readonly shard: Shard;
}

/** Which build of an image a client takes. */
export interface ImageChoice {
  readonly channel: string;
  /** How many publishers must have signed it. */
  readonly threshold?: Threshold | undefined;
}

/** An image whose manifest was verified. */
export interface ChosenImage extends OfferedImage {
  readonly kind: 'published';
  readonly publisher: Publisher;
  readonly contents: Manifest;
}

/**
 * The images of a publisher that match and have a build in the channel, sorted by name. Fetches the shards that can hold one.
 * @throws CooperError as fetchBytes does, `digest-mismatch`, `signed-document-invalid`
 */
export async function listImages(
  publisher: Publisher,
  channel: string,
  filter: ImageFilter = {},
): Promise<OfferedImage[]> {
  const distributions = Object.keys(publisher.catalog.shards).filter(
    (name) => filter.distribution === undefined || filter.distribution === name,
  );
  const shards = await Promise.all(distributions.map((name) => fetchShard(publisher, name)));
  return shards
    .flatMap(({ shard }) => offeredBy(shard, channel))
    .filter((image) => matchesFilter(image, filter))
    .sort((a, b) => (imageName(a) < imageName(b) ? -1 : 1));
}

/**
 * The image that is wanted, by name in its newest build in the channel, by fingerprint in the build that has it, with its manifest,
 * verified, and signed by as many publishers as asked for.
 * @throws CooperError `image-not-found` with near matches, `attestations-missing`, else as listImages does
 */
export async function chooseImage(
  publisher: Publisher,
  wanted: WantedImage,
  choice: ImageChoice,
): Promise<ChosenImage> {
  const { channel, threshold } = choice;
  const image = await offeredImage(publisher, wanted, channel);
  if (image === undefined) {
    const shards = (await fetchShards(publisher)).map(({ shard }) => shard);
    throw imageNotFound(publisher.server.href, shards, wanted, channel);
  }
  const { contents, file } = await fetchManifest(publisher, image);
  if (wanted.kind === 'fingerprint') refuseOtherFingerprint(contents, wanted.prefix, image);
  if (threshold !== undefined) await requireAttestations(publisher, image.path, file, threshold);
  return { ...image, kind: 'published', publisher, contents };
}

async function offeredImage(
  publisher: Publisher,
  wanted: WantedImage,
  channel: string,
): Promise<OfferedImage | undefined> {
  if (wanted.kind === 'name') {
    const { id, readings } = wanted;
    return findImage(await listImages(publisher, channel, { distribution: id.distribution }), readings);
  }
  const found = await findFingerprint(publisher, wanted.prefix, channel);
  if (found === undefined || publisher.catalog.shards[found.distribution] === undefined) return undefined;
  const { shard } = await fetchShard(publisher, found.distribution);
  return buildsIn(shard, channel).find((image) => imageName(image) === imageName(found) && image.build === found.build);
}

/**
 * image.json of a build, verified, and the file as it is.
 * @throws CooperError as fetchBytes does, `digest-mismatch`, `signed-document-invalid`
 */
export async function fetchManifest(
  publisher: Publisher,
  image: NamedBuild,
): Promise<{ readonly contents: Manifest; readonly file: Verified<Buffer> }> {
  const address = addressBelow(publisher.server, `${image.path}image.json`).href;
  const file = await fetchNamed(publisher, address, image.manifest);
  return { contents: readNamedManifest(file, image, address), file };
}

/** What image.json of a build says, wherever it lies. Throws `signed-document-invalid`. */
export function readNamedManifest(file: Verified<Buffer>, image: NamedBuild, address: string): Manifest {
  const contents = readSignedDocument(manifestSchema, file, address);
  refuseWrongImage(contents, image, address);
  return contents;
}

/** The shards of the catalog; errors as of fetchManifest. */
export function fetchShards(publisher: Publisher): Promise<ShardFile[]> {
  return Promise.all(Object.keys(publisher.catalog.shards).map((name) => fetchShard(publisher, name)));
}

async function fetchShard(publisher: Publisher, distribution: string): Promise<ShardFile> {
  const digest = publisher.catalog.shards[distribution];
  if (digest === undefined) throw new CooperError('internal', { what: `no shard is named for ${distribution}` });
  const path = `cooper/v1/shards/${digest.sha256}.json`;
  const address = addressBelow(publisher.server, path).href;
  const file = await fetchNamed(publisher, address, digest);
  const shard = readSignedDocument(shardSchema, file, address);
  refuseWrongShard(shard, distribution, address);
  await keepCatalogOf(publisher);
  return { path, text: file.value.toString('utf8'), shard };
}

async function fetchNamed(publisher: Publisher, address: string, digest: FileDigest): Promise<Verified<Buffer>> {
  const { transport, signal, kept } = publisher;
  const here = kept && (await readDocument(kept, digest));
  if (here !== undefined) return here;
  const bytes = await fetchBytes(address, { transport, limit: digest.size, signal });
  const verified = verifyDigest(bytes, digest, address);
  if (kept !== undefined) await keepDocument(kept, digest, verified);
  return verified;
}
