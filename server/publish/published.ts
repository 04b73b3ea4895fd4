// Reads back what is published now: for the next publish, for lists and for the page of the server. The catalog must bear its
// publisher's signature and the shards the digests in it: a publish never signs what somebody else wrote into the tree.

import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import {
  type Catalog,
  catalogSchema,
  inChannel,
  type Selection,
  type Shard,
  shardSchema,
  stableChannel,
} from '../../image/index.ts';
import {
  beforeRevocations,
  type Certificate,
  isRevokedKey,
  readCertificates,
  type Sha256,
  verifyClearSigned,
  verifyDigest,
} from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { type Offer, offerOfShards } from './offer.ts';
import { readSelection, selectedOffer } from './selected-offer.ts';
import { treePaths } from './tree.ts';
import { requireKnownFormat } from './tree-format.ts';

/** The live generation, verified against the certificate of its publisher. */
export interface Published {
  readonly serial: number;
  readonly publisher: Certificate;
  /** Whether the publisher has revoked the key: then clients refuse all of it. */
  readonly revoked: boolean;
  readonly issued: Date;
  readonly expires: Date;
  /** SHA-256 that the catalog names of the publisher's certificate. */
  readonly certificate: Sha256;
  /** Paths of the shards, relative to the generation. */
  readonly shards: readonly string[];
  /** Of each channel's list for LXD; undefined for a generation of an earlier version, which has none, and no SHA256SUMS. */
  readonly streams: Catalog['streams'];
  /** What is here of all that the catalog offers. */
  readonly selection: Selection;
  /** What is here. */
  readonly offer: Offer;
}

/** Path of what a mirror without a catalog has instead, relative to the root of a generation. */
export const keptOriginPath = 'cooper/v1/origin.json';

/** One image of the tree with its newest build in a channel; `directory` is absolute, as is that of the build before it. */
export interface ListedImage extends ImageId {
  readonly title: string;
  readonly releaseVersion?: string;
  readonly build: string;
  /** All that the build is in. */
  readonly channels: readonly string[];
  readonly directory: string;
  readonly previous?: string;
  /** ISO time. */
  readonly endOfLife?: string;
  /** Fingerprints of others who have signed the build; none when nobody has. */
  readonly attestations?: readonly string[];
}

/**
 * Reads and verifies the live generation; undefined before the first publish. With `publisher` given it must be theirs,
 * otherwise the certificate in the tree is taken, revoked or not, which shows damage but says nothing about who published.
 * @throws CooperError 'tree-damaged', 'tree-too-new', 'tree-without-catalog'
 */
export async function readPublished(tree: string, publisher?: Certificate): Promise<Published | undefined> {
  await requireKnownFormat(tree);
  const { live } = treePaths(tree);
  const target = await liveTarget(live);
  if (target === undefined) return undefined;
  // The generation itself, not the link: a publish may flip it between two files.
  const generation = join(tree, target);
  try {
    return await readGeneration(generation, publisher);
  } catch (cause) {
    if (cause instanceof CooperError && cause.code === 'tree-damaged') throw cause;
    if (isSystemError(cause, 'ENOENT') && (await isKept(generation))) {
      throw new CooperError('tree-without-catalog', {
        what: `${tree} is a copy of a server that has no catalog`,
        cause,
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CooperError('tree-damaged', { what: `the live generation of ${tree} is damaged: ${reason}`, cause });
  }
}

/**
 * The images of a tree that have a build in the channel, in order of name; none before the first publish.
 * @throws CooperError 'tree-damaged'
 */
export async function listPublished(tree: string, channel = stableChannel): Promise<ListedImage[]> {
  const published = await readPublished(tree);
  return [...(published?.offer.values() ?? [])].flatMap((image) => {
    const { distribution, release, architecture, variant, title, releaseVersion, endOfLife } = image;
    const [newest, before] = inChannel(image.builds, channel);
    if (newest === undefined) return [];
    const listed = {
      distribution,
      release,
      architecture,
      variant,
      title,
      build: newest.build,
      channels: newest.channels,
    };
    return [
      {
        ...listed,
        ...(releaseVersion === undefined ? {} : { releaseVersion }),
        directory: join(tree, newest.path),
        ...(before === undefined ? {} : { previous: join(tree, before.path) }),
        ...(endOfLife === undefined ? {} : { endOfLife }),
        ...(newest.attestations.length === 0 ? {} : { attestations: newest.attestations }),
      },
    ];
  });
}

async function isKept(generation: string): Promise<boolean> {
  try {
    await readFile(join(generation, keptOriginPath));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Where the link `live` points to, or undefined when there is none. */
export async function liveTarget(live: string): Promise<string | undefined> {
  try {
    return await readlink(live);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function readGeneration(generation: string, publisher: Certificate | undefined): Promise<Published> {
  const message = await readFile(join(generation, 'cooper/v1/catalog'), 'utf8');
  const certificate = publisher ?? (await certificateOf(generation, message));
  const catalog = await readCatalog(message, publisher ?? (await beforeRevocations(certificate)));
  const shards: Shard[] = [];
  const paths: string[] = [];
  for (const digest of Object.values(catalog.shards)) {
    const name = `cooper/v1/shards/${digest.sha256}.json`;
    paths.push(name);
    const bytes = verifyDigest(await readFile(join(generation, name)), digest, name).value;
    shards.push(shardSchema.parse(JSON.parse(bytes.toString('utf8'))));
  }
  const selection = await readSelection(generation);
  return {
    serial: catalog.serial,
    publisher: certificate,
    revoked: await isRevokedKey(certificate),
    issued: new Date(catalog.issued),
    expires: new Date(catalog.expires),
    certificate: catalog.certificate.sha256,
    shards: paths,
    streams: catalog.streams,
    selection,
    offer: selectedOffer(offerOfShards(shards), selection),
  };
}

async function certificateOf(generation: string, message: string): Promise<Certificate> {
  const bytes = await readFile(join(generation, `keys/${claimedPublisher(message)}.asc`));
  const [certificate] = await readCertificates(bytes);
  if (certificate === undefined) throw new CooperError('tree-damaged', { what: 'the tree holds no certificate' });
  return certificate;
}

async function readCatalog(message: string, publisher: Certificate): Promise<Catalog> {
  const claimed = claimedPublisher(message);
  if (claimed !== undefined && claimed !== publisher.fingerprint) {
    throw new CooperError('tree-damaged', {
      what: `the tree was published with the key ${claimed}, the key at hand is ${publisher.fingerprint}`,
      next: 'Publish with the key of the tree, or into the tree of another home folder.',
    });
  }
  // Judged as of its own date: the subkey that signed it may have ended or been revoked since, and a refresh must still be possible.
  const { text } = await verifyClearSigned(message, [publisher], 'when-signed', 'cooper/v1/catalog');
  return catalogSchema.parse(JSON.parse(text));
}

function claimedPublisher(message: string): string | undefined {
  return /"publisher": "([0-9A-F]{40})"/.exec(message)?.[1];
}
