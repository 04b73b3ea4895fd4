// The order in which a layer is built upon the one below, and those above it after that.

import { type BuildRoot, boxOfRoot } from './buildroot/box-of-root.ts';
import type { Confinement } from './buildroot/confinement.ts';
import type { LayerRoots, RootTree } from './buildroot/layer-roots.ts';
import type { LayerNode } from './layer-tree.ts';
import type { ImagePlan } from './plan/plan.ts';
import { installHooks, provisionRoot, scrubRoot } from './provision.ts';
import type { Run } from './run.ts';
import type { FetchedFiles, LayerContext, OpenSource } from './source/index.ts';

/** What the layers of a run are built from, and what becomes of an image whose layers are all there. */
interface Building {
  readonly roots: LayerRoots;
  /** For the log: where they lie. */
  readonly where: string;
  readonly source: OpenSource;
  readonly files: FetchedFiles;
  readonly confinement: Confinement;
  readonly complete: (plan: ImagePlan, root: BuildRoot) => Promise<void>;
}

/** A finished layer; `last`: nobody else builds upon it, so that its root may be taken over. */
interface Below {
  readonly root: BuildRoot;
  readonly last: boolean;
}

/** Builds a layer upon `below`, completes its images, then builds what lies above it. */
export async function buildLayer(run: Run, node: LayerNode, building: Building, below?: Below): Promise<void> {
  const { request, stages } = run;
  const { layer, architecture } = node;
  // A layer that completes no image is named: the stages of the image come after its own.
  const name = (stage: string): string => (node.images.length > 0 ? stage : `${stage} ${layer.variant}`);
  const context = {
    architecture,
    cacheDir: request.cacheDir,
    below: below !== undefined,
    signal: request.signal,
    logFile: run.log.keptAt,
  };
  const root = await stages.run(name('prepare'), (report) => {
    return rootOf(run, node, building, below, { ...context, report });
  });
  await stages.run(name('install'), (report) => {
    const installing = { ...context, report };
    return building.source.install(root, layer, building.files, installing, installHooks(root, node, installing));
  });
  await stages.run(name('provision'), (report) => provisionRoot(root, node, { ...context, report }));
  await stages.run(name('scrub'), (report) => scrubRoot(root, building.source.scrub, { ...context, report }));
  for (const plan of node.images) await building.complete(plan, root);
  for (const [position, above] of node.above.entries()) {
    await buildLayer(run, above, building, { root, last: position === node.above.length - 1 });
  }
  if (run.keeper === undefined && root.path !== below?.root.path) await building.roots.remove(root);
}

async function rootOf(
  run: Run,
  node: LayerNode,
  { roots, where, confinement: { door, ...confined } }: Building,
  below: Below | undefined,
  context: LayerContext,
): Promise<BuildRoot> {
  // The lock file of an image lists what its own layers have fetched.
  const own = door === undefined ? {} : { door: door.layer(below?.root.confinement?.door) };
  const confinement = { ...confined, ...own };
  if (below === undefined) {
    context.report.output(where);
    return openToLooks(run, node, roots.lowest(), confinement);
  }
  const tree = await roots.above(below.root, below.last, context.report, run.request.signal);
  return openToLooks(run, node, tree, confinement);
}

/** The root as the steps get it, told to whoever may look into it: a debug shell, and who enters a kept workspace. */
function openToLooks(
  { request, idMap, keeper }: Run,
  { layer, epoch }: LayerNode,
  tree: RootTree,
  confinement: Confinement,
): BuildRoot {
  const { debug } = request;
  const root = { ...tree, idMap, epoch, confinement, ...(debug === undefined ? {} : { debug }) };
  debug?.at(boxOfRoot(root));
  keeper?.at(layer.variant, root);
  return root;
}
