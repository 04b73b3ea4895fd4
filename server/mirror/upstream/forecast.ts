// What a run of a mirror of a server without a catalog would fetch, without one: indexes are read, and verified where signatures are
// kept, sizes are asked for, and the tree stays as it is.

import { requireSecure, type Traffic, verifiedIndexes } from '../../../client/index.ts';
import { createStages, type Stages } from '../../../events/index.ts';
import { together } from '../../../fetch/index.ts';
import { imageName } from '../../../variants/identity.ts';
import { readPublished } from '../../publish/published.ts';
import { buildFolder } from '../../publish/tree.ts';
import type { Space } from '../space.ts';
import { adoptedFrom } from './adopted.ts';
import { keptBuilds, requireSigner } from './kept-source.ts';
import { presentPaths, readKept } from './kept-tree.ts';
import { recall, wishOf } from './memory.ts';
import { lagOfUpstream, leavingPaths, planAdoption } from './plan.ts';
import { type PreparedBuild, prepareBuild, spaceFor } from './prepare.ts';
import type { UpstreamLag, UpstreamRequest, UpstreamWaiver } from './request.ts';
import { readSource, type Source } from './source.ts';

/** What a run would do. */
export interface UpstreamForecast {
  readonly signatures: 'kept' | 'own';
  readonly builds: readonly {
    readonly image: string;
    readonly build: string;
    readonly path: string;
    readonly bytes: Traffic;
    /** Files of which the server does not tell how large they are. */
    readonly unknown: number;
  }[];
  /** All of them, as far as it is known. */
  readonly bytes: Traffic;
  readonly unknown: number;
  /** Paths of the builds that would leave the offer. */
  readonly leaving: readonly string[];
  readonly space: Space;
  readonly upstream: UpstreamLag;
}

/** What is asked for. */
export interface ForecastRequest extends UpstreamRequest {
  readonly resign: boolean;
  readonly waivers: readonly UpstreamWaiver[];
}

/** @throws CooperError as keepUpstream and resignUpstream do before they fetch builds, but for 'no-space' */
export async function forecastUpstream(tree: string, request: ForecastRequest): Promise<UpstreamForecast> {
  const stages = createStages(request.report, request.signal);
  const plan = request.resign ? await planOwn(tree, request, stages) : await planKept(tree, request, stages);
  const { source, wanted } = plan;
  const fetching = { ...request, signer: plan.signer };
  const prepared = await stages.run('prepare', () => {
    const works = wanted.map((build) => (signal: AbortSignal) => {
      return prepareBuild(tree, build, request.resign, { ...fetching, signal });
    });
    return together(request.signal, works);
  });
  const { protocol } = source.upstream;
  return {
    signatures: request.resign ? 'own' : 'kept',
    builds: prepared.map(({ build, bytes, unknown }) => {
      return { image: imageName(build), build: build.build, path: buildFolder(build, build.build), bytes, unknown };
    }),
    bytes: totalOf(prepared),
    unknown: prepared.reduce((sum, { unknown }) => sum + unknown, 0),
    leaving: [...plan.leaving],
    space: await spaceFor(tree, prepared),
    upstream: lagOfUpstream(source.listed, { server: request.server.href, protocol }, request.now),
  };
}

async function planKept(tree: string, request: ForecastRequest, stages: Stages) {
  const live = await readKept(tree);
  const signer = requireSigner(request);
  const source = await stages.run('catalog', (report) => readSource(request, report));
  await verifiedIndexes(source.upstream, signer, request);
  const builds = keptBuilds(source.upstream, request);
  const present = presentPaths(live, request);
  const named = new Set(builds.map((build) => buildFolder(build, build.build)));
  return {
    source,
    signer,
    wanted: builds.filter((build) => !present.has(buildFolder(build, build.build))),
    leaving: [...present].filter((path) => !named.has(path)),
  };
}

async function planOwn(tree: string, request: ForecastRequest, stages: Stages) {
  requireSecure(request.server, request.signer);
  const source: Source = await stages.run('catalog', (report) => readSource(request, report));
  const memory = await recall(tree, request.server.href);
  const offer = (await readPublished(tree))?.offer ?? new Map();
  const isSame = memory?.wish === wishOf(request, request.waivers);
  const ours = await adoptedFrom(tree, offer, request.server.href);
  const { wanted } = planAdoption(source.listed, {
    offer,
    ours,
    taken: new Set(memory?.taken),
    refused: new Set(isSame ? memory?.refused.map(({ path }) => path) : []),
  });
  const leaving = leavingPaths(source.listed, { offer, ours }, wanted);
  return { source, signer: request.signer, wanted, leaving };
}

function totalOf(builds: readonly PreparedBuild[]): Traffic {
  return builds.reduce(
    (sum, { bytes }) => ({ fetched: sum.fetched + bytes.fetched, reused: sum.reused + bytes.reused }),
    { fetched: 0, reused: 0 },
  );
}
