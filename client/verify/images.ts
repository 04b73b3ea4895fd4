// What a verified publisher offers: lists images and chooses one. Everything fetched here is named by digest in the catalog
// or in a shard; refuses a shard or manifest that says it is something else.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { type BuildName, type Manifest, manifestSchema, type Shard, shardSchema } from '../../image/index.ts';
import { type FileDigest, type Verified, verifyDigest } from '../../keys/index.ts';
import { type ImageId, imageName, nearMatches } from '../../variants/identity.ts';
import { refuseWrongImage, refuseWrongShard } from './attacks.ts';
import { requireAttestations, type Threshold } from './attestations.ts';
import { type ImageFilter, matchesFilter } from './image-name.ts';
import type { Publisher } from './publisher.ts';
import { addressBelow } from './server-address.ts';
import { readSignedDocument } from './signed-document.ts';

/** One image that a publisher offers, in its newest build. */
export interface OfferedImage extends ImageId {
  readonly title: string;
  readonly build: BuildName;
  /** Folder of the build relative to the server, with a trailing slash. */
  readonly path: string;
  /** Of image.json. */
  readonly manifest: FileDigest;
  /** How many builds are offered. */
  readonly builds: number;
}

/** A build that a publisher names. */
export type NamedBuild = ImageId & Pick<OfferedImage, 'build' | 'path' | 'manifest'>;

/** A shard, and the file that it is in. */
export interface ShardFile {
  /** Relative to the server. */
  readonly path: string;
  readonly text: string;
  readonly shard: Shard;
}

/** An image whose manifest was verified. */
export interface ChosenImage extends OfferedImage {
  readonly publisher: Publisher;
  readonly contents: Manifest;
}

/**
 * The images of a publisher that match, sorted by name. Fetches the shards that can hold one.
 * @throws CooperError as fetchBytes does, `digest-mismatch`, `signed-document-invalid`
 */
export async function listImages(publisher: Publisher, filter: ImageFilter = {}): Promise<OfferedImage[]> {
  const distributions = Object.keys(publisher.catalog.shards).filter(
    (name) => filter.distribution === undefined || filter.distribution === name,
  );
  const shards = await Promise.all(distributions.map((name) => fetchShard(publisher, name)));
  return shards
    .flatMap(({ shard }) => offeredBy(shard))
    .filter((image) => matchesFilter(image, filter))
    .sort((a, b) => (imageName(a) < imageName(b) ? -1 : 1));
}

/**
 * The image of that name with its manifest, verified, and signed by as many publishers as asked for.
 * @throws CooperError `image-not-found` with near matches, `attestations-missing`, else as listImages does
 */
export async function chooseImage(publisher: Publisher, id: ImageId, threshold?: Threshold): Promise<ChosenImage> {
  const offered = await listImages(publisher, { distribution: id.distribution });
  const image = offered.find((candidate) => imageName(candidate) === imageName(id));
  if (image === undefined) throw await notFound(publisher, id);
  const { contents, file } = await fetchManifest(publisher, image);
  if (threshold !== undefined) await requireAttestations(publisher, image.path, file, threshold);
  return { ...image, publisher, contents };
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
  return { path, text: file.value.toString('utf8'), shard };
}

async function fetchNamed(publisher: Publisher, address: string, digest: FileDigest): Promise<Verified<Buffer>> {
  const { transport, signal } = publisher;
  const bytes = await fetchBytes(address, { transport, limit: digest.size, signal });
  return verifyDigest(bytes, digest, address);
}

function offeredBy(shard: Shard): OfferedImage[] {
  return shard.images.flatMap(({ release, architecture, variant, title, builds }) => {
    const [newest] = builds;
    if (newest === undefined) return [];
    const id = { distribution: shard.distribution, release, architecture, variant };
    return [{ ...id, title, ...newest, builds: builds.length }];
  });
}

async function notFound(publisher: Publisher, id: ImageId): Promise<CooperError> {
  const all = await listImages(publisher);
  const names = all.map(imageName);
  const near = nearMatches(imageName(id), names, 5);
  return new CooperError('image-not-found', {
    what: `${publisher.server.href} has no image ${imageName(id)}`,
    lines: near.length === 0 ? [] : ['it has:', ...near.map((name) => `  ${name}`)],
  });
}
