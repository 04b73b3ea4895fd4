// The order of a mirror's run. Builds are fetched beside the tree and judged; then they land, then the origin's own documents become
// the live generation with one rename. Whatever is cut off before leaves the old generation live, and is taken up by the next run.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPublisher, type Publisher, type Traffic, whileItMoves } from '../../client/index.ts';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { createStages, type Stages } from '../../events/index.ts';
import { imageName } from '../../variants/identity.ts';
import { type CheckedBuild, checkBuild } from '../publish/check-build.ts';
import { recordDeparted } from '../publish/departed.ts';
import { generationNumber, goLive, pruneGenerations, writeGeneration } from '../publish/generation.ts';
import { landAttestation } from '../publish/land-attestation.ts';
import { withLock } from '../publish/lock.ts';
import { channelsOf, type Offer } from '../publish/offer.ts';
import { landBuild, takeBack } from '../publish/place.ts';
import { readPublished } from '../publish/published.ts';
import { removeBuilds } from '../publish/remove-builds.ts';
import { dueFolders } from '../publish/retention.ts';
import { type FolderOf, streamItems } from '../publish/stream-items.ts';
import { buildFolder, treePaths } from '../publish/tree.ts';
import { requireKnownFormat } from '../publish/tree-format.ts';
import { type FetchedAttestations, fetchAttestations } from './attestations.ts';
import { type NextOffer, originDocuments } from './documents.ts';
import { fetchBuild } from './fetch-build.ts';
import { givingBack } from './give-back.ts';
import { lagOf, staleNotice } from './lag.ts';
import { type MirroredGeneration, type MirrorRequest, mostAttempts } from './mirrored.ts';
import type { WantedBuild } from './plan.ts';
import { prepareBuilds } from './prepare.ts';
import { openOrigin, surveyOrigin } from './survey.ts';
import { ifUnchanged, rememberFollowed } from './unchanged.ts';

/**
 * Makes the tree what the origin is: all of its builds that are in the selection, and its documents as they are. Atomic; a mirror
 * and a publish of one tree queue. Builds that the origin has given up, or that are no longer selected, stay on the disk for a grace.
 * @throws CooperError as openPublisher, fetchBlocks and download do; 'tree-damaged' for a tree of another publisher, 'tree-too-new',
 *   'rollback-refused', 'origin-incomplete', 'origin-moved', 'image-not-found' for a selection of nothing, 'no-space'
 */
export async function mirror(tree: string, request: MirrorRequest): Promise<MirroredGeneration> {
  await requireKnownFormat(tree);
  const stages = createStages(request.report, request.signal);
  try {
    await mkdir(tree, { recursive: true, mode: 0o755 });
    const unchanged = await stages.run('catalog', () => ifUnchanged(tree, request));
    const work = () => follow(tree, request, stages);
    const mirrored = unchanged ?? (await withLock(treePaths(tree).lock, work, request.signal));
    const message = staleNotice(mirrored.lag);
    if (message !== undefined) request.report({ type: 'notice', time: Date.now(), stage: 'catalog', message });
    return mirrored;
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
  const open = () => openOrigin(request, stages);
  const copied = await whileItMoves(open, (origin) => copy(tree, origin, { request, stages, add }), mostAttempts);
  return { ...copied, bytes };
}

async function copy(tree: string, origin: Publisher, run: Run): Promise<Omit<MirroredGeneration, 'bytes'>> {
  const { catalog, fingerprint, certificate } = origin;
  const previous = await readPublished(tree, certificate);
  const present: Offer = previous?.offer ?? new Map();
  const { fetching } = treePaths(tree);
  const { selection, now, grace } = run.request;
  await takeBack(tree, present, fetching);
  await pruneGenerations(tree);
  await recordDeparted(tree, present, now);
  const { isLive, shards, offer, wanted } = await run.stages.run('plan', (report) =>
    surveyOrigin(tree, origin, previous, { selection, onNotice: report.notice }),
  );
  if (!isLive) {
    await keepOnly(fetching, wanted);
    await givingBack(tree, certificate, async () => {
      const builds = await fetchAll(tree, wanted, { origin, present }, run);
      const attested = await fetchAttested(tree, origin, offer, builds);
      await run.stages.run('switch', async () => {
        const items = await streamItems(tree, previous, offer, placesOf(tree, builds));
        await show(tree, { origin, shards, offer, selection, items, builds, attested }, run);
      });
    });
  }
  const brought = wanted.map((build) => ({ image: imageName(build), build: build.build, path: build.path }));
  const lag = lagOf(catalog, { before: previous?.serial ?? null, after: catalog.serial, now });
  const live = { serial: catalog.serial, fingerprint, expires: catalog.expires, images: offer.size, lag };
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
  from: { readonly origin: Publisher; readonly present: Offer },
  { request: { signal }, stages, add }: Run,
): Promise<readonly FetchedBuild[]> {
  const { origin } = from;
  await stages.run('prepare', async () => {
    add({ fetched: await prepareBuilds(tree, wanted, origin, signal), reused: 0 });
  });
  return stages.run('fetch', async (report) => {
    const builds: FetchedBuild[] = [];
    for (const build of wanted) {
      report.progress(builds.length, wanted.length, 'items');
      const folder = join(treePaths(tree).fetching, build.manifest.sha256);
      const fetched = builds.map((each) => ({ folder: each.folder, image: each.build.manifest }));
      add(await fetchBuild(folder, build, { ...from, tree, fetched, signal, onNotice: report.notice }));
      builds.push({ folder, build: await checkFetched(folder, build, origin) });
    }
    return builds;
  });
}

/** Also of builds that were there before. */
function fetchAttested(
  tree: string,
  origin: Publisher,
  offer: Offer,
  builds: readonly FetchedBuild[],
): Promise<FetchedAttestations> {
  return fetchAttestations(origin, offer, placesOf(tree, builds));
}

/** Where the files of a build are: fetched and not placed yet, or in the tree. */
function placesOf(tree: string, builds: readonly FetchedBuild[]): FolderOf {
  const fetched = new Map(builds.map(({ folder, build }) => [build.digest.sha256, folder]));
  return ({ path, manifest }) => fetched.get(manifest.sha256) ?? join(tree, path);
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

interface NextGeneration extends NextOffer {
  readonly origin: Publisher;
  readonly builds: readonly FetchedBuild[];
  readonly attested: FetchedAttestations;
}

async function show(
  tree: string,
  { origin, builds, attested, ...next }: NextGeneration,
  { request }: Run,
): Promise<void> {
  const { offer } = next;
  const documents = await originDocuments(origin, next, request.now, attested.certificates);
  await requireSame(origin, request);
  for (const { folder, build } of builds) {
    // What the origin had given up, and has again.
    await rm(join(tree, buildFolder(build.manifest, build.manifest.build)), { recursive: true, force: true });
    await landBuild(tree, folder, build);
  }
  for (const attestation of attested.attestations) await landAttestation(tree, attestation);
  const number = await generationNumber(tree, origin.catalog.serial);
  await writeGeneration(tree, number, documents, channelsOf(offer));
  await recordDeparted(tree, offer, request.now);
  await goLive(tree, number);
  await takeBack(tree, offer);
  await keepOnly(treePaths(tree).fetching, []);
  await pruneGenerations(tree);
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
