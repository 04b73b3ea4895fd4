// An image for a run that asks no server: from the signed documents that the cache keeps, verified anew with the pinned key, the newest
// build whose archives are here.

import { CooperError } from '../../errors/index.ts';
import { type Manifest, type Shard, shardSchema } from '../../image/index.ts';
import { parseFingerprint, type Verified } from '../../keys/index.ts';
import { imageName } from '../../variants/identity.ts';
import { judgeKeptCatalog, type OldCatalogs, refuseWrongShard } from '../verify/attacks.ts';
import { requireAttestations } from '../verify/attestations.ts';
import { type ChosenPin, choosePin } from '../verify/choose-pin.ts';
import { findImage } from '../verify/find-image.ts';
import { onlyPinned } from '../verify/fingerprint.ts';
import type { WantedImage } from '../verify/image-name.ts';
import { type ChosenImage, type ImageChoice, readNamedManifest } from '../verify/images.ts';
import { buildsIn, type OfferedImage, offeredBy } from '../verify/offered.ts';
import { choosePinned, type Publisher, type PublisherRequest, verifyCatalog } from '../verify/publisher.ts';
import { parseServer, type ServerUrl } from '../verify/server-address.ts';
import { readSignedDocument } from '../verify/signed-document.ts';
import { keptDistributions, keptPublishers, readDocument, readKeptCatalog } from './documents.ts';
import { isHere } from './image-archives.ts';
import type { KeptFiles } from './kept-files.ts';
import { offlineTransport } from './offline-transport.ts';

/** What to choose from. */
export interface KeptRequest extends Omit<PublisherRequest, 'server' | 'kept'>, ImageChoice {
  readonly kept: KeptFiles;
  /** Servers of one publisher: for the keys that they have to have. */
  readonly servers: readonly string[];
  readonly old: OldCatalogs;
}

/** An image of the cache. */
export interface KeptImage {
  readonly image: ChosenImage;
  /** What the user should know: how old what is known is, and what is newer but not here. */
  readonly notices: readonly string[];
}

/**
 * The image that is wanted in its newest build that is here.
 * @throws CooperError `image-not-cached`; with `refuse` also `catalog-expired`, `rollback-refused`; what openPublisher throws of keys
 *   and signatures
 */
export async function chooseKept(wanted: WantedImage, request: KeptRequest): Promise<KeptImage> {
  const offline = { ...request, transport: offlineTransport(request.transport) };
  const known = await keptPublisher(offline);
  const distributions =
    wanted.kind === 'name' ? [wanted.id.distribution] : await keptDistributions(request.kept, known.fingerprint);
  for (const distribution of distributions) {
    const found = await chooseIn(distribution, wanted, offline, known);
    if (found !== undefined) return found;
  }
  throw new CooperError('image-not-cached', { what: `no build of ${wantedName(wanted)} is in the cache` });
}

function wantedName(wanted: WantedImage): string {
  return wanted.kind === 'name' ? imageName(wanted.id) : `the image ${wanted.prefix}`;
}

/** The first of the servers whose publisher something is kept of. */
async function keptPublisher(request: KeptRequest): Promise<KnownPublisher> {
  const publishers = (await keptPublishers(request.kept)).flatMap((name) => {
    const fingerprint = parseFingerprint(name);
    return fingerprint === undefined ? [] : [{ fingerprint }];
  });
  for (const address of request.servers) {
    const server = parseServer(address);
    const pin = await knownPin(server, request);
    const known = pin && onlyPinned(pin.pinned, publishers);
    if (known !== undefined) return { server, ...known };
  }
  throw new CooperError('image-not-cached', { what: `the cache has nothing of ${request.servers.join(', ')}` });
}

/** Undefined for a server whose key nobody has named and no earlier run has accepted: only it could say whose it is. */
async function knownPin(server: ServerUrl, request: KeptRequest): Promise<ChosenPin | undefined> {
  try {
    return await choosePin(server, request.trust, request);
  } catch (error) {
    if (error instanceof CooperError && error.code === 'image-not-cached') return undefined;
    throw error;
  }
}

interface KnownPublisher {
  readonly server: ServerUrl;
  readonly fingerprint: string;
}

async function chooseIn(
  distribution: string,
  wanted: WantedImage,
  request: KeptRequest,
  known: KnownPublisher,
): Promise<KeptImage | undefined> {
  const opened = await openKept(distribution, request, known);
  const shard = opened && (await readKeptShard(distribution, opened.publisher));
  if (opened === undefined || shard === undefined) return undefined;
  const { publisher, notices } = opened;
  const candidates = candidatesFor(wanted, shard, request.channel);
  for (const build of candidates) {
    const whole = await readWhole(build, wanted, request);
    if (whole === undefined) continue;
    const { contents, file } = whole;
    if (request.threshold !== undefined) await requireAttestations(publisher, build.path, file, request.threshold);
    const newest = wanted.kind === 'name' ? candidates[0] : undefined;
    return {
      image: { ...build, kind: 'published', publisher, contents },
      notices: [...notices, ...behind(build, newest)],
    };
  }
  return undefined;
}

/** Builds that can be meant, newest first. Pure. */
export function candidatesFor(wanted: WantedImage, shard: Shard, channel: string): OfferedImage[] {
  const builds = buildsIn(shard, channel);
  if (wanted.kind === 'fingerprint') return builds;
  const meant = findImage(offeredBy(shard, channel), wanted.readings);
  return meant === undefined ? [] : builds.filter((build) => imageName(build) === imageName(meant));
}

function behind(build: OfferedImage, newest: OfferedImage | undefined): string[] {
  if (newest === undefined || newest.build === build.build) return [];
  return [`there is a newer build, ${newest.build}, which is not in the cache`];
}

async function openKept(
  distribution: string,
  request: KeptRequest,
  { server, fingerprint }: KnownPublisher,
): Promise<{ readonly publisher: Publisher; readonly notices: readonly string[] } | undefined> {
  const { kept, trust, transport, signal, old } = request;
  const record = await readKeptCatalog(kept, fingerprint, distribution);
  if (record === undefined) return undefined;
  const certificate = Buffer.from(record.certificate);
  const pin = await choosePin(server, trust, request);
  const pinned = await choosePinned(certificate, pin, server);
  const notices: string[] = [];
  const verified = await verifyCatalog(
    { certificate, pinned, message: record.catalog, address: 'the catalog in the cache' },
    request,
    (subject) => notices.push(...judgeKeptCatalog(subject, old)),
  );
  const unread = { server, catalogTag: undefined, notices, transport, signal, kept, offline: true } as const;
  return { publisher: { ...verified, ...unread }, notices };
}

async function readKeptShard(distribution: string, { kept, catalog }: Publisher): Promise<Shard | undefined> {
  const digest = catalog.shards[distribution];
  const file = kept && digest && (await readDocument(kept, digest));
  if (file === undefined) return undefined;
  const name = `the shard of ${distribution} in the cache`;
  const shard = readSignedDocument(shardSchema, file, name);
  refuseWrongShard(shard, distribution, name);
  return shard;
}

/** The manifest of a build that is wanted and wholly here. */
async function readWhole(
  build: OfferedImage,
  wanted: WantedImage,
  { kept }: KeptRequest,
): Promise<{ readonly contents: Manifest; readonly file: Verified<Buffer> } | undefined> {
  const file = await readDocument(kept, build.manifest);
  if (file === undefined) return undefined;
  const contents = readNamedManifest(file, build, `image.json of ${imageName(build)} in the cache`);
  const meant = wanted.kind === 'name' || contents.fingerprint?.startsWith(wanted.prefix) === true;
  return meant && (await isHere(kept.folder, contents)) ? { contents, file } : undefined;
}
