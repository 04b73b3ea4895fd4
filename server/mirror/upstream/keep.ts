// The order of a run that keeps the signatures of a server without a catalog: indexes and their signatures, what is new, sizes and room,
// files, each with a good signature of the key that was named; then the server is asked once more, and one rename shows everything.
// Without filters the tree has the server's indexes byte for byte, so it has all that they name, or stays as it was.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FileFetching,
  fetchFiles,
  indexPathsOf,
  knownDocuments,
  type Traffic,
  type UpstreamBuild,
  verifiedIndexes,
} from '../../../client/index.ts';
import { explainSystemError } from '../../../errors/index.ts';
import { createStages, type Stages } from '../../../events/index.ts';
import { together } from '../../../fetch/index.ts';
import { isWhole } from '../../../image/index.ts';
import type { Certificate } from '../../../keys/index.ts';
import { imageName } from '../../../variants/identity.ts';
import { findDeparted, recordDeparted } from '../../publish/departed.ts';
import { syncPath } from '../../publish/files.ts';
import { generationNumber, goLive, pruneGenerations, writeGeneration } from '../../publish/generation.ts';
import { withLock } from '../../publish/lock.ts';
import { landBuild, takeBack } from '../../publish/place.ts';
import { removeBuilds } from '../../publish/remove-builds.ts';
import { dueFolders } from '../../publish/retention.ts';
import { buildFolder, treePaths } from '../../publish/tree.ts';
import { requireKnownFormat } from '../../publish/tree-format.ts';
import { nextSerial } from '../../publish/turn.ts';
import { requireSpace } from '../space.ts';
import { keptBuilds, requireSigner } from './kept-source.ts';
import {
  dropGenerations,
  imagesOf,
  type KeptGeneration,
  keptBuild,
  keptDocuments,
  keptPaths,
  presentPaths,
  readKept,
} from './kept-tree.ts';
import { hasNoNews, recall, remember, wishOf } from './memory.ts';
import { lagOfUpstream } from './plan.ts';
import { keepWork, type PreparedBuild, prepareBuild, spaceFor } from './prepare.ts';
import type { FollowedUpstream, UpstreamRequest } from './request.ts';
import { orMoved, readSource, requireSame, type Source, whileUpstreamMoves } from './source.ts';

/**
 * Makes the tree a copy of what the LXC index of the server names, signatures and all. Atomic.
 * @throws CooperError 'upstream-unsigned', 'upstream-invalid', 'signature-*', 'key-mismatch', 'origin-incomplete', 'origin-moved',
 *   'image-not-found', 'no-space', 'tree-damaged' for the tree of a publisher; what fetchBytes throws
 */
export async function keepUpstream(tree: string, request: UpstreamRequest): Promise<FollowedUpstream> {
  await requireKnownFormat(tree);
  const stages = createStages(request.report, request.signal);
  try {
    await mkdir(tree, { recursive: true, mode: 0o755 });
    const run = { tree, request, stages };
    return await withLock(treePaths(tree).lock, () => whileUpstreamMoves(() => follow(run)), request.signal);
  } catch (error) {
    request.signal.throwIfAborted();
    throw explainSystemError(error, `mirroring into ${tree}`);
  }
}

interface Run {
  readonly tree: string;
  readonly request: UpstreamRequest;
  readonly stages: Stages;
}

async function follow(run: Run): Promise<FollowedUpstream> {
  const { tree, request, stages } = run;
  const live = await readKept(tree);
  await takeBack(tree, keptPaths(live?.origin.builds ?? []));
  await pruneGenerations(tree);
  const memory = await recall(tree, request.server.href);
  if (live !== undefined && memory !== undefined && live.origin.server === request.server.href) {
    const isSame = await stages.run('catalog', () => hasNoNews(memory, wishOf(request), request));
    if (isSame) return report(run, live, [], { protocol: memory.protocol, newest: memory.newest });
  }
  const signer = requireSigner(request);
  const source = await stages.run('catalog', (each) => readSource(request, each));
  return copy(run, { source, signer, live });
}

/** What is to be copied. */
interface Copying {
  readonly source: Source;
  readonly signer: Certificate;
  readonly live: KeptGeneration | undefined;
}

async function copy(run: Run, { source, signer, live }: Copying): Promise<FollowedUpstream> {
  const { tree, request, stages } = run;
  const { upstream } = source;
  const indexes = await stages.run('plan', () => verifiedIndexes(upstream, signer, request));
  const builds = keptBuilds(upstream, request);
  const present = presentPaths(live, request);
  const wanted = builds.filter((build) => !present.has(buildFolder(build, build.build)));
  const fetched = await orMoved(upstream, request, () => fetchAll(run, wanted, { ...request, signer }));
  await stages.run('check', () => requireSame(upstream, request));
  const whole = isWhole(request.selection) ? indexes : undefined;
  const paths = indexPathsOf(upstream.documents);
  const documents = keptDocuments({ server: request.server.href, signer, builds, indexes: whole, paths });
  const kept = { serial: await nextNumber(tree, request.now), builds: builds.map(keptBuild) };
  await stages.run('switch', () => show(run, fetched.builds, documents, kept));
  const newest = lagOfUpstream(
    builds,
    { server: request.server.href, protocol: upstream.protocol },
    request.now,
  ).newest;
  await remember(tree, {
    server: request.server.href,
    wish: wishOf(request),
    documents: knownDocuments(upstream),
    protocol: upstream.protocol,
    newest,
    isComplete: true,
    taken: [],
    refused: [],
  });
  const origin = { server: request.server.href, fingerprint: signer.fingerprint, builds: kept.builds };
  const done = await report(run, { serial: kept.serial, origin }, wanted, { protocol: upstream.protocol, newest });
  return { ...done, bytes: fetched.bytes };
}

/** Later than everything that was ever live here. */
async function nextNumber(tree: string, now: Date): Promise<number> {
  return generationNumber(tree, nextSerial(0, now));
}

interface FetchedBuilds {
  readonly builds: readonly PreparedBuild[];
  readonly bytes: Traffic;
}

async function fetchAll(
  { tree, stages }: Run,
  wanted: readonly UpstreamBuild[],
  fetching: FileFetching,
): Promise<FetchedBuilds> {
  const prepared = await stages.run('prepare', async () => {
    const works = wanted.map(
      (build) => (signal: AbortSignal) => prepareBuild(tree, build, false, { ...fetching, signal }),
    );
    const found = await together(fetching.signal, works);
    requireSpace(tree, await spaceFor(tree, found));
    return found;
  });
  await keepWork(tree, prepared);
  return stages.run('fetch', async (report) => {
    let done = 0;
    const works = prepared.map((build) => async (signal: AbortSignal) => {
      const files = await fetchFiles(build.folder, build.files, { ...fetching, signal });
      for (const { name, signature } of files) {
        await writeFile(join(build.folder, `${name}.asc`), signature ?? '', { flush: true, mode: 0o644 });
        await syncPath(join(build.folder, name));
      }
      done += 1;
      report.progress(done, prepared.length, 'items');
      return files;
    });
    const files = (await together(fetching.signal, works)).flat();
    const fetched = files.reduce((sum, { bytes }) => sum + bytes.fetched, 0);
    return { builds: prepared, bytes: { fetched, reused: files.reduce((sum, { bytes }) => sum + bytes.reused, 0) } };
  });
}

async function show(
  { tree, request: { now } }: Run,
  fetched: readonly PreparedBuild[],
  documents: ReadonlyMap<string, string>,
  { serial, builds }: { readonly serial: number; readonly builds: readonly ReturnType<typeof keptBuild>[] },
): Promise<void> {
  for (const { folder, build } of fetched) {
    // What the server had given up, and has again.
    await rm(join(tree, buildFolder(build, build.build)), { recursive: true, force: true });
    await landBuild(tree, folder, { manifest: build });
  }
  await writeGeneration(tree, serial, documents, ['stable']);
  await recordDeparted(tree, keptPaths(builds), now);
  await goLive(tree, serial);
  await takeBack(tree, keptPaths(builds));
  await keepWork(tree, []);
  await pruneGenerations(tree);
}

async function report(
  { tree, request }: Run,
  { serial, origin }: KeptGeneration,
  brought: readonly UpstreamBuild[],
  { protocol, newest }: Pick<FollowedUpstream['upstream'], 'protocol' | 'newest'>,
): Promise<FollowedUpstream> {
  const { now, grace, server } = request;
  const offer = keptPaths(origin.builds);
  const due = dueFolders(await findDeparted(tree, offer, now), grace, now);
  if (due.length > 0) {
    await recordDeparted(tree, offer, now);
    await dropGenerations(tree, due);
    await removeBuilds(tree, due);
    await recordDeparted(tree, offer, now);
  }
  // Also what a run has left that was killed after its switch.
  await rm(treePaths(tree).staging, { recursive: true, force: true });
  const last = newest === null ? [] : [{ build: newest } as UpstreamBuild];
  return {
    serial,
    fingerprint: origin.fingerprint,
    signatures: 'kept',
    expires: null,
    images: imagesOf(origin.builds),
    builds: brought.map((build) => ({
      image: imageName(build),
      build: build.build,
      path: buildFolder(build, build.build),
    })),
    bytes: { fetched: 0, reused: 0 },
    removed: due,
    refused: [],
    upstream: lagOfUpstream(last, { server: server.href, protocol }, now),
  };
}
