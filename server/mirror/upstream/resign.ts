// The order of a run that signs anew: documents of the server, what is new, sizes and room, files, each build judged and made one of
// ours; then the server is asked once more, and one generation of our own shows all of it. A build that is refused keeps nothing from
// the others.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchFiles, knownDocuments, requireSecure, type Traffic } from '../../../client/index.ts';
import { explainSystemError } from '../../../errors/index.ts';
import { createStages, type Stages } from '../../../events/index.ts';
import { together } from '../../../fetch/index.ts';
import { type Certificate, readCertificates } from '../../../keys/index.ts';
import { imageName } from '../../../variants/identity.ts';
import { adopt } from '../../publish/adopt.ts';
import { findDeparted, recordDeparted } from '../../publish/departed.ts';
import { catalogLife } from '../../publish/documents.ts';
import { withLock } from '../../publish/lock.ts';
import type { Offer } from '../../publish/offer.ts';
import { type Published, readPublished } from '../../publish/published.ts';
import { removeBuilds } from '../../publish/remove-builds.ts';
import { dueFolders } from '../../publish/retention.ts';
import { buildFolder, treePaths } from '../../publish/tree.ts';
import { requireKnownFormat } from '../../publish/tree-format.ts';
import { cleanAbandoned } from '../../publish/turn.ts';
import { requireSpace } from '../space.ts';
import { adoptedFrom, cameFrom } from './adopted.ts';
import { hasNoNews, knownRefusal, recall, remember, type UpstreamMemory, wishOf } from './memory.ts';
import { type AdoptionPlan, lagOfUpstream, leavingPaths, planAdoption } from './plan.ts';
import { keepWork, type PreparedBuild, prepareBuild, spaceFor } from './prepare.ts';
import { type Refused, sorted, unlessRefused } from './refusal.ts';
import type { FollowedUpstream, ResignRequest } from './request.ts';
import { readSource, requireSame, type Source, whileUpstreamMoves } from './source.ts';
import { wrapBuild } from './wrap.ts';

/**
 * Makes the tree offer what the server has of the selection, signed with our own key, besides what else it offers. Atomic; two such runs
 * of a tree queue, and others may publish meanwhile. Builds that are refused are in the result.
 * @throws CooperError 'upstream-invalid', 'upstream-insecure', 'image-not-found', 'key-mismatch', 'no-space', 'origin-moved',
 *   'tree-damaged', 'tree-without-catalog'; what takeTurn and fetchBytes throw
 */
export async function resignUpstream(tree: string, request: ResignRequest): Promise<FollowedUpstream> {
  requireSecure(request.server, request.signer);
  await requireKnownFormat(tree);
  const stages = createStages(request.report, request.signal);
  const [publisher] = await readCertificates(Buffer.from(request.adopting.signer.certificate));
  if (publisher === undefined) throw new TypeError('the signer has no certificate');
  try {
    await mkdir(tree, { recursive: true, mode: 0o755 });
    const run = { tree, request, stages, publisher };
    return await withLock(treePaths(tree).mirrorLock, () => whileUpstreamMoves(() => follow(run)), request.signal);
  } catch (error) {
    request.signal.throwIfAborted();
    throw explainSystemError(error, `mirroring into ${tree}`);
  }
}

interface Run {
  readonly tree: string;
  readonly request: ResignRequest;
  readonly stages: Stages;
  readonly publisher: Certificate;
}

async function follow(run: Run): Promise<FollowedUpstream> {
  const { tree, request, stages, publisher } = run;
  const memory = await recall(tree, request.server.href);
  const wish = wishOf(request, request.waivers);
  const published = await readPublished(tree, publisher);
  if (published !== undefined && memory !== undefined) {
    const isSame = await stages.run('catalog', () => hasNoNews(memory, wish, request));
    if (isSame) return withoutNews(run, published, memory);
  }
  const source = await stages.run('catalog', (report) => readSource(request, report));
  return take(run, source, {
    published,
    memory: memory?.wish === wish ? memory : undefined,
    taken: memory?.taken ?? [],
  });
}

/** What is known when the server's documents have been read. `memory`: of a run that was told the same. */
interface Known {
  readonly published: Published | undefined;
  readonly memory: UpstreamMemory | undefined;
  readonly taken: readonly string[];
}

async function take(run: Run, source: Source, { published, memory, taken }: Known): Promise<FollowedUpstream> {
  const { tree, request, stages } = run;
  const offer: Offer = published?.offer ?? new Map();
  const before = (memory?.refused ?? []).filter(({ path }) => isListed(source, path));
  const ours = await adoptedFrom(tree, offer, request.server.href);
  const plan = await stages.run('plan', async (report) => {
    const refused = new Set(before.map(({ path }) => path));
    const planned = planAdoption(source.listed, { offer, ours, taken: new Set(taken), refused });
    for (const name of planned.conflicts)
      report.notice(`${name} is a build of your own here; that of the server is not taken`);
    return planned;
  });
  const fetched = await fetchWanted(run, plan);
  const wrapped = await wrapAll(run, source, fetched);
  await stages.run('check', () => requireSame(source.upstream, request));
  const coming = wrapped.results.map(({ build }) => build);
  const leaving = leavingPaths(source.listed, { offer, ours }, coming);
  const live = await stages.run('switch', () => show(run, wrapped.results, leaving, published));
  const refusals = [...fetched.refused, ...wrapped.refused];
  const lasting = refusals.filter(({ isLasting }) => isLasting).map(({ refusal }) => refusal);
  const lag = lagOfUpstream(
    source.listed,
    { server: request.server.href, protocol: source.upstream.protocol },
    request.now,
  );
  const brought = coming.map((build) => ({
    image: imageName(build),
    build: build.build,
    path: buildFolder(build, build.build),
  }));
  await remember(tree, {
    server: request.server.href,
    wish: wishOf(request, request.waivers),
    documents: knownDocuments(source.upstream),
    protocol: lag.protocol,
    newest: lag.newest,
    isComplete: refusals.every(({ isLasting }) => isLasting),
    taken: [...new Set([...taken, ...ours, ...brought.map(({ path }) => path)])].filter((path) =>
      isListed(source, path),
    ),
    refused: [...before, ...lasting],
  });
  await keepWork(tree, fetched.kept);
  return {
    ...live,
    signatures: 'own',
    builds: brought,
    bytes: fetched.bytes,
    removed: await removeDue(run),
    refused: [
      ...before.map(knownRefusal),
      ...refusals.map(({ refusal }) => ({ ...knownRefusal(refusal), isKnown: false })),
    ],
    upstream: lag,
  };
}

const isListed = ({ listed }: Source, path: string) => listed.some((build) => buildFolder(build, build.build) === path);

/** The documents are those of the last run: nothing is fetched, but our own catalog does not grow old. */
async function withoutNews(run: Run, published: Published, memory: UpstreamMemory): Promise<FollowedUpstream> {
  const { tree, request, publisher } = run;
  await cleanAbandoned(tree, publisher, request);
  const live = isOld(published, request.now) ? await adopt(tree, nothing, request.adopting, request) : undefined;
  const newest = memory.newest === null ? [] : [{ build: memory.newest } as Source['listed'][number]];
  return {
    serial: live?.serial ?? published.serial,
    fingerprint: publisher.fingerprint,
    signatures: 'own',
    expires: (live?.expires ?? published.expires).toISOString(),
    images: published.offer.size,
    builds: [],
    bytes: { fetched: 0, reused: 0 },
    removed: await removeDue(run),
    refused: memory.refused.map(knownRefusal),
    upstream: lagOfUpstream(newest, { server: memory.server, protocol: memory.protocol }, request.now),
  };
}

const nothing = { folders: [], leaving: new Set<string>() } as const;

/** More than half of its life is over. */
const isOld = ({ expires }: Published, now: Date) => expires.getTime() - now.getTime() < catalogLife / 2;

interface FetchedBuilds {
  readonly results: readonly (PreparedBuild & { readonly fetched: Awaited<ReturnType<typeof fetchFiles>> })[];
  readonly refused: readonly Refused[];
  readonly bytes: Traffic;
  /** Whose work the next run takes up. */
  readonly kept: readonly PreparedBuild[];
}

async function fetchWanted({ tree, request, stages }: Run, { wanted }: AdoptionPlan): Promise<FetchedBuilds> {
  const prepared = await stages.run('prepare', async (report) => {
    const works = wanted.map((build) => (signal: AbortSignal) => {
      return unlessRefused(build, () => prepareBuild(tree, build, true, { ...request, signal }));
    });
    const found = sorted(await together(request.signal, works));
    const unknown = found.results.reduce((sum, build) => sum + build.unknown, 0);
    if (unknown > 0) report.notice(`of ${unknown} files the server does not tell how large they are`);
    requireSpace(tree, await spaceFor(tree, found.results));
    return found;
  });
  await keepWork(tree, prepared.results);
  const fetched = await stages.run('fetch', async (report) => {
    let done = 0;
    const works = prepared.results.map((each) => (signal: AbortSignal) => {
      return unlessRefused(each.build, async () => {
        const files = await fetchFiles(each.folder, each.files, { ...request, signal });
        done += 1;
        report.progress(done, prepared.results.length, 'items');
        return { ...each, fetched: files };
      });
    });
    return sorted(await together(request.signal, works));
  });
  const files = fetched.results.flatMap((each) => each.fetched);
  const bytes = files.reduce(
    (sum, each) => ({ fetched: sum.fetched + each.bytes.fetched, reused: sum.reused + each.bytes.reused }),
    { fetched: 0, reused: 0 },
  );
  const refused = [...prepared.refused, ...fetched.refused];
  const gone = new Set(refused.filter(({ isLasting }) => isLasting).map(({ refusal }) => refusal.path));
  const kept = prepared.results.filter(({ build }) => {
    const path = buildFolder(build, build.build);
    return refused.some(({ refusal }) => refusal.path === path) && !gone.has(path);
  });
  return { results: fetched.results, refused, bytes, kept };
}

/** One after the other: each takes a processor for a while. */
async function wrapAll({ tree, request, stages }: Run, source: Source, { results }: FetchedBuilds) {
  return stages.run('gate', async (report) => {
    const all = [];
    for (const each of results) {
      report.progress(all.length, results.length, 'items');
      const wrap = async () => {
        await wrapBuild({
          ...request,
          ...each,
          files: each.fetched,
          upstream: source.upstream,
          signer: request.signer?.fingerprint,
          scratch: join(treePaths(tree).fetching, '.gate'),
          onNotice: report.notice,
        });
        return each;
      };
      all.push(await unlessRefused(each.build, wrap));
    }
    return sorted(all);
  });
}

/** Nothing is written when there is nothing to show. */
async function show(
  { tree, request, publisher }: Run,
  builds: readonly PreparedBuild[],
  leaving: ReadonlySet<string>,
  published: Published | undefined,
): Promise<Pick<FollowedUpstream, 'serial' | 'fingerprint' | 'expires' | 'images'>> {
  if (builds.length === 0 && leaving.size === 0 && (published === undefined || !isOld(published, request.now))) {
    if (published === undefined) return { serial: null, fingerprint: publisher.fingerprint, expires: null, images: 0 };
    const { serial, expires, offer } = published;
    return { serial, fingerprint: publisher.fingerprint, expires: expires.toISOString(), images: offer.size };
  }
  const folders = builds.map(({ folder }) => folder);
  const live = await adopt(tree, { folders, leaving }, request.adopting, request);
  return { ...live, expires: live.expires.toISOString() };
}

/** What of this server left the offer longer ago than the grace; what else left it is for `cooper prune`. */
async function removeDue({ tree, request, publisher }: Run): Promise<readonly string[]> {
  const { server, grace, now, signal } = request;
  const offered = async (): Promise<Offer> => (await readPublished(tree, publisher))?.offer ?? new Map();
  if (dueFolders(await findDeparted(tree, await offered(), now), grace, now).length === 0) return [];
  const work = async () => {
    const offer = await offered();
    const due = [
      ...(await cameFrom(tree, dueFolders(await recordDeparted(tree, offer, now), grace, now), server.href)),
    ];
    await removeBuilds(tree, due);
    if (due.length > 0) await recordDeparted(tree, offer, now);
    return due;
  };
  return withLock(treePaths(tree).lock, work, signal);
}
