// The order of a mirror's run. Builds are fetched beside the tree and judged; then they land, then the origin's own documents become
// the live generation with one rename. Whatever is cut off before leaves the old generation live, and is taken up by the next run.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fetchShards,
  openPublisher,
  type Publisher,
  type ShardFile,
  type Traffic,
  whileItMoves,
} from '../../client/index.ts';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { createStages, type StageReport, type Stages } from '../../events/index.ts';
import { imageName } from '../../variants/identity.ts';
import { type CheckedBuild, checkBuild } from '../publish/check-build.ts';
import { recordDeparted } from '../publish/departed.ts';
import { goLive, pruneGenerations, writeGeneration } from '../publish/generation.ts';
import { landAttestation } from '../publish/land-attestation.ts';
import { withLock } from '../publish/lock.ts';
import { channelsOf, type Offer, offerOfShards } from '../publish/offer.ts';
import { landBuild, takeBack } from '../publish/place.ts';
import { readPublished } from '../publish/published.ts';
import { removeBuilds } from '../publish/remove-builds.ts';
import { dueFolders } from '../publish/retention.ts';
import { buildFolder, treePaths } from '../publish/tree.ts';
import { requireKnownFormat } from '../publish/tree-format.ts';
import { type FetchedAttestations, fetchAttestations } from './attestations.ts';
import { originDocuments } from './documents.ts';
import { fetchBuild } from './fetch-build.ts';
import type { MirroredGeneration, MirrorRequest } from './mirrored.ts';
import { changedBuild, misplaced, type WantedBuild, wantedBuilds } from './plan.ts';
import { ifUnchanged, rememberFollowed } from './unchanged.ts';

/** An origin may publish while it is copied, but not for ever. */
const mostAttempts = 4;

/**
 * Makes the tree what the origin is: all of its builds, and its documents as they are. Atomic; a mirror and a publish of one tree
 * queue. Builds that the origin has given up stay on the disk for a grace.
 * @throws CooperError as openPublisher, fetchBlocks and download do; 'tree-damaged' for a tree of another publisher, 'tree-too-new',
 *   'rollback-refused', 'build-incomplete', 'no-space'
 */
export async function mirror(tree: string, request: MirrorRequest): Promise<MirroredGeneration> {
  await requireKnownFormat(tree);
  await mkdir(tree, { recursive: true, mode: 0o755 });
  const stages = createStages(request.report, request.signal);
  try {
    const unchanged = await stages.run('catalog', () => ifUnchanged(tree, request));
    if (unchanged !== undefined) return unchanged;
    return await withLock(treePaths(tree).lock, () => follow(tree, request, stages), request.signal);
  } catch (error) {
    request.signal.throwIfAborted();
    throw explainSystemError(error, `mirroring into ${tree}`);
  }
}

/** One run of the program. */
interface Run {
  readonly request: MirrorRequest;
  readonly stages: Stages;
  readonly add: (traffic: Traffic) => void;
}

/** Again when the origin was found to have published something else meanwhile. */
async function follow(tree: string, request: MirrorRequest, stages: Stages): Promise<MirroredGeneration> {
  let bytes: Traffic = { fetched: 0, reused: 0 };
  const add = ({ fetched, reused }: Traffic) => {
    bytes = { fetched: bytes.fetched + fetched, reused: bytes.reused + reused };
  };
  const open = () =>
    stages.run('catalog', async (report) => {
      const opened = await openPublisher(request);
      for (const message of opened.notices) report.notice(message);
      return opened;
    });
  const copied = await whileItMoves(open, (origin) => copy(tree, origin, { request, stages, add }), mostAttempts);
  return { ...copied, bytes };
}

async function copy(tree: string, origin: Publisher, run: Run): Promise<Omit<MirroredGeneration, 'bytes'>> {
  const { catalog, fingerprint } = origin;
  const previous = await readPublished(tree, origin.certificate);
  const present: Offer = previous?.offer ?? new Map();
  const { fetching } = treePaths(tree);
  const { now, grace } = run.request;
  await takeBack(tree, present, fetching);
  await pruneGenerations(tree);
  await recordDeparted(tree, present, now);
  requireNewer(catalog.serial, previous?.serial ?? 0, tree);
  const shards = await fetchShards(origin);
  const offer = offerOfShards(shards.map(({ shard }) => shard));
  requireSound(origin, misplaced(offer) ?? changedBuild(offer, present));
  const wanted = previous?.serial === catalog.serial ? [] : wantedBuilds(offer, present);
  if (previous?.serial !== catalog.serial) {
    await keepOnly(fetching, wanted);
    const { builds, attested } = await run.stages.run('fetch', async (report) => {
      const builds = await fetchAll(tree, wanted, { origin, present, report }, run);
      return { builds, attested: await fetchAttested(tree, origin, offer, builds) };
    });
    await run.stages.run('switch', () => show(tree, { origin, shards, offer, builds, attested }, run));
  }
  const brought = wanted.map((build) => ({ image: imageName(build), build: build.build, path: build.path }));
  const live = { serial: catalog.serial, fingerprint, expires: catalog.expires, images: offer.size };
  await rememberFollowed(tree, origin.server.href, origin.catalogTag, live);
  return { ...live, builds: brought, removed: await removeDue(tree, offer, grace, now) };
}

/** What the origin gave up longer ago than the grace. */
async function removeDue(tree: string, offer: Offer, grace: number, now: Date): Promise<readonly string[]> {
  const due = dueFolders(await recordDeparted(tree, offer, now), grace, now);
  await removeBuilds(tree, due);
  await rm(treePaths(tree).staging, { recursive: true, force: true });
  if (due.length > 0) await recordDeparted(tree, offer, now);
  return due;
}

/** A build that was fetched and judged. */
interface FetchedBuild {
  readonly folder: string;
  readonly build: CheckedBuild;
}

async function fetchAll(
  tree: string,
  wanted: readonly WantedBuild[],
  { origin, present, report }: { readonly origin: Publisher; readonly present: Offer; readonly report: StageReport },
  { request, add }: Run,
): Promise<readonly FetchedBuild[]> {
  const builds: FetchedBuild[] = [];
  for (const build of wanted) {
    report.progress(builds.length, wanted.length, 'items');
    const folder = join(treePaths(tree).fetching, build.manifest.sha256);
    const { signal } = request;
    const fetched = builds.map((each) => ({ folder: each.folder, image: each.build.manifest }));
    add(await fetchBuild(folder, build, { origin, tree, present, fetched, signal, onNotice: report.notice }));
    builds.push({ folder, build: await checkFetched(folder, build, origin) });
  }
  return builds;
}

/** Also of builds that were there before. */
function fetchAttested(
  tree: string,
  origin: Publisher,
  offer: Offer,
  builds: readonly FetchedBuild[],
): Promise<FetchedAttestations> {
  const fetched = new Map(builds.map(({ folder, build }) => [build.digest.sha256, folder]));
  return fetchAttestations(origin, offer, ({ path, manifest }) => fetched.get(manifest.sha256) ?? join(tree, path));
}

/** The catalog vouches for the build, so that the key with which its files were signed then need not be valid any more. */
async function checkFetched(folder: string, { path }: WantedBuild, origin: Publisher): Promise<CheckedBuild> {
  try {
    return await checkBuild(folder, undefined, origin.certificate, 'when-signed');
  } catch (cause) {
    if (!(cause instanceof CooperError && cause.code === 'build-incomplete')) throw cause;
    throw new CooperError('origin-incomplete', {
      what: `${path} of ${origin.server.href} is not what its publisher signed`,
      lines: cause.lines,
      cause,
    });
  }
}

/** What is to be live. */
interface NextGeneration {
  readonly origin: Publisher;
  readonly shards: readonly ShardFile[];
  readonly offer: Offer;
  readonly builds: readonly FetchedBuild[];
  readonly attested: FetchedAttestations;
}

async function show(tree: string, next: NextGeneration, { request }: Run): Promise<void> {
  const { origin, shards, offer, builds, attested } = next;
  const { serial } = origin.catalog;
  const documents = await originDocuments(origin, shards, offer, request.now, attested.certificates);
  await requireSame(origin, request);
  for (const { folder, build } of builds) {
    // What the origin had given up, and has again.
    await rm(join(tree, buildFolder(build.manifest, build.manifest.build)), { recursive: true, force: true });
    await landBuild(tree, folder, build);
  }
  for (const attestation of attested.attestations) await landAttestation(tree, attestation);
  await writeGeneration(tree, serial, documents, channelsOf(offer));
  await recordDeparted(tree, offer, request.now);
  await goLive(tree, serial);
  await takeBack(tree, offer);
  await keepOnly(treePaths(tree).fetching, []);
  await pruneGenerations(tree);
}

/** The trust store of another home may never have seen what this tree has. */
function requireNewer(serial: number, present: number, tree: string): void {
  if (serial >= present) return;
  throw new CooperError('rollback-refused', {
    what: `the origin has generation ${serial}, where ${tree} has ${present} already`,
  });
}

function requireSound({ server }: Publisher, fault: string | undefined): void {
  if (fault === undefined) return;
  throw new CooperError('signed-document-invalid', { what: `in the catalog of ${server.href} ${fault}` });
}

/** Documents of two generations are never mixed: the catalog must still be the one that was followed. */
async function requireSame(origin: Publisher, request: MirrorRequest): Promise<void> {
  const { catalog } = await openPublisher(request);
  if (catalog.serial === origin.catalog.serial) return;
  throw new CooperError('origin-moved', {
    what: `${origin.server.href} has published generation ${catalog.serial} meanwhile`,
  });
}

/** Removes what earlier runs have left of builds that nobody wants any more. */
async function keepOnly(fetching: string, wanted: readonly WantedBuild[]): Promise<void> {
  const kept = new Set<string>(wanted.map(({ manifest }) => manifest.sha256));
  try {
    for (const name of await readdir(fetching)) {
      if (!kept.has(name)) await rm(join(fetching, name), { recursive: true });
    }
    if (kept.size === 0) await rm(fetching, { recursive: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
