// The order in which images are built: a table of contents. Each step is one function of its own file.

import { createStages, type StageTime } from '../events/index.ts';
import { buildIdMap, type IdMap } from '../native/index.ts';
import { imageName } from '../variants/index.ts';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import type { Confinement } from './buildroot/confinement.ts';
import { withDebugShell } from './buildroot/debug-shell.ts';
import { completeImage, type ImageContent } from './complete.ts';
import { confine } from './confine.ts';
import { describeBuild } from './describe.ts';
import { Keeper } from './kept.ts';
import { buildLayer } from './layer.ts';
import { layerTrees } from './layer-tree.ts';
import { openBuildLog } from './log.ts';
import { clearMemory } from './memory-workspace.ts';
import { type ImagePlan, planFromLock, planFromSource } from './plan/plan.ts';
import { gateRoot, lxdTemplates } from './product.ts';
import type { RootPlace } from './root-place.ts';
import type { BuildRequest, BuiltImage, ImageRequest, RootRequest, Run, RunRequest } from './run.ts';
import { withRoots } from './run-roots.ts';
import { withCaches } from './source/cache-lock.ts';
import { type OpenSource, withFreshIndices } from './source/index.ts';
import { openSource } from './source/kinds.ts';
import { openWorkspace } from './workspace.ts';

/**
 * Builds images, each as soon as the layers that it needs are there, and tells of each when it is delivered or found to be
 * there already. Nothing half-made stays: the workspace goes away whatever happens, after a kill at the next build.
 */
export function buildImages(request: BuildRequest, onFinished: (built: BuiltImage) => void): Promise<void> {
  return inWorkspace(request, async (run) => {
    let told = 0;
    const finish = (built: Omit<BuiltImage, 'stages'>): void => {
      const stages = run.stages.times.slice(told);
      told += stages.length;
      onFinished({ ...built, stages });
    };
    const { plans, ...surroundings } = await plan(run);
    // What is kept has to outlast the machine's next start.
    const from = { ...surroundings, place: request.keep === undefined ? request.roots : ('disk' as const) };
    const wanted: ImagePlan[] = [];
    for (const each of plans) {
      // What an upstream has today is not among the inputs.
      const settled = each.image.network.kind === 'none';
      const known = settled ? await request.reuse(each.image, each.inputs) : undefined;
      if (known === undefined) wanted.push(each);
      else
        finish({
          image: each.image,
          status: 'unchanged',
          ...known,
          reused: known.manifest.rootfs.segments?.length ?? 0,
        });
    }
    await buildPlans(run, wanted, from, async (each, root) =>
      finish(await completeImage(run, request, await contentOf(run, request, each, root, surroundings.source), root)),
    );
  });
}

async function contentOf(
  run: Run,
  request: BuildRequest,
  plan: ImagePlan,
  root: BuildRoot,
  { owners, installed }: OpenSource,
): Promise<ImageContent> {
  const fetched = root.confinement?.door?.fetched ?? [];
  const found =
    installed === undefined
      ? undefined
      : await run.stages.run('list', (report) => installed(root, report, request.signal));
  return {
    ...plan,
    ...(found === undefined ? {} : { layers: [{ added: found }] }),
    owners,
    templates: lxdTemplates(plan.image),
    describe: (rootfs, folder) => describeBuild({ ...request, plan, found, rootfs, fetched, folder }),
  };
}

/** The same up to the gate for one image: the root itself is what is delivered. Returns the times of the stages. */
export async function buildRoot(request: RootRequest): Promise<readonly StageTime[]> {
  return inWorkspace(request, async (run) => {
    const { plans, ...surroundings } = await plan(run);
    // It is delivered by moving it.
    const from = { ...surroundings, place: 'disk' as const };
    await buildPlans(run, plans, from, async ({ image, baseline }, root) => {
      const gated = await run.stages.run('gate', (report) => gateRoot(root, image, baseline, report, request.signal));
      await run.stages.run('deliver', async () => request.deliver(gated));
    });
    return run.stages.times;
  });
}

async function inWorkspace<T>(request: RunRequest, work: (run: Run) => Promise<T>): Promise<T> {
  const idMap = await buildIdMap();
  await clearMemory(idMap);
  return withCaches(request.cacheDir, request.signal, () => inNewWorkspace(request, idMap, work));
}

async function inNewWorkspace<T>(request: RunRequest, idMap: IdMap, work: (run: Run) => Promise<T>): Promise<T> {
  const workspace = await openWorkspace(request.buildsDir, idMap);
  const log = openBuildLog(workspace.path, {
    ...request,
    image: nameOf(request.images),
    build: request.images[0]?.build ?? '',
  });
  const stages = withDebugShell(createStages(log.report, request.signal), request.debug);
  const keeper = keeperOf(request);
  let failed = true;
  try {
    const made = await work({ request, idMap, workspace, log, stages, keeper });
    failed = false;
    return made;
  } finally {
    log.close(failed);
    if (keeper === undefined) await workspace.remove();
    else keeper.keep(workspace, !failed);
  }
}

function keeperOf({ images, keep }: RunRequest): Keeper | undefined {
  const names = images.map(({ image }) => imageName(image));
  return keep === undefined ? undefined : new Keeper(names, keep);
}

/** Where packages come from, and how programs are confined. */
interface Surroundings {
  readonly source: OpenSource;
  readonly confinement: Confinement;
}

/** What is to be built, and in which surroundings. A definition that wishes too much is refused before anything is fetched. */
async function plan(run: Run): Promise<Surroundings & { plans: readonly ImagePlan[] }> {
  const { request, idMap } = run;
  const { images, lock } = request;
  const [first] = images;
  if (first === undefined) throw new TypeError('no image to build');
  const source = await openSource(first.image, { ...request, idMap });
  const locked = lock === undefined ? {} : { locked: lock.fetched ?? [] };
  const confinement = await confine(first.image, { ...request, bases: source.bases, idMap, ...locked });
  if (lock !== undefined) return { plans: images.map((asked) => planFromLock(asked, lock)), source, confinement };
  const plans = await withFreshIndices((why) => {
    tellAgain(run, why);
    return planFromSource(images, source, request, run.stages);
  });
  return { plans, source, confinement };
}

function tellAgain({ log }: Run, why: Error | undefined): void {
  if (why === undefined) return;
  const message = `${why.message}; all package lists are read anew, once`;
  log.report({ type: 'notice', time: Date.now(), stage: 'index', message });
}

async function buildPlans(
  run: Run,
  asked: readonly ImagePlan[],
  { source, confinement, place }: Surroundings & { readonly place: RootPlace },
  complete: Parameters<typeof buildLayer>[2]['complete'],
): Promise<void> {
  if (asked.length === 0) return;
  const collect = async (why: Error | undefined) => {
    tellAgain(run, why);
    const plans = why === undefined ? asked : await planFromSource(asked, source, run.request, run.stages);
    const layers = plans.flatMap((each) => each.layers);
    const files = await run.stages.run('download', (report) => source.fetch(layers, report.progress));
    return { plans, files };
  };
  // What a lock file names stays the same however often it is asked for.
  const isLocked = run.request.lock !== undefined;
  const { plans, files } = await (isLocked ? collect(undefined) : withFreshIndices(collect));
  const trees = layerTrees(plans, run.request.layers !== 'direct');
  const layers = plans.flatMap((each) => each.layers);
  const { measure: measured } = source;
  const measure = async () =>
    measured === undefined ? new Map<string, number>() : run.stages.run('measure', () => measured(layers));
  await withRoots(run, { place, trees, boxMemory: confinement.limits?.memoryBytes, measure }, async (roots) => {
    for (const node of trees) await buildLayer(run, node, { ...roots, source, files, confinement, complete });
  });
}

/** What the log calls the run: the image, or what its images share. */
function nameOf(images: readonly ImageRequest[]): string {
  const [first] = images;
  if (first === undefined) return 'nothing';
  const { distribution, release, architecture } = first.image;
  return images.length === 1 ? imageName(first.image) : `${distribution}/${release}/${architecture}`;
}
