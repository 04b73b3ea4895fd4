// Makes the lowest layer of an image from archives of somebody else.

import { runWorker } from '../../../native/index.ts';
import { changeRoot } from '../../../provision/index.ts';
import type { Packaging } from '../../../variants/resolved.ts';
import type { BuildRoot } from '../../buildroot/box-of-root.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { packageCacheOf } from '../fetched.ts';
import type { FetchedFiles, InstallHooks, LayerContext } from '../kind.ts';
import { changePackages } from './packages.ts';
import type { SeedLayout, SeedRequest } from './unpack-worker.ts';

/** How a seed is laid out, and how packages come upon it. */
type SeedInstallation = SeedLayout & { readonly packaging?: Packaging | undefined };

/** Unpacks the seed of a layer that has one; the hooks come where they come in an installation of packages. */
export async function installSeed(
  root: BuildRoot,
  layer: LayerPlan,
  files: FetchedFiles,
  { packaging, ...layout }: SeedInstallation,
  context: LayerContext,
  hooks: InstallHooks,
): Promise<void> {
  if (!context.below) {
    await unpackSeed(root, layer, files, layout, context);
    await forgetLife(root, context);
  }
  await hooks.unpacked();
  await changePackages(root, { change: layer.change, packaging }, context, hooks);
}

/** Takes away what a root that somebody else has made keeps of its life, before the definition adds its own. */
export async function forgetLife(root: BuildRoot, { signal, report }: LayerContext): Promise<void> {
  const worked = { tree: root, idMap: root.idMap, signal, addCpu: report.addCpu };
  await changeRoot(worked, { action: 'scrub-foreign' });
}

/** Unpacks the archives of a seed into an empty root. Throws as unpackArchive and unpackLayer. */
export async function unpackSeed(
  root: BuildRoot,
  { seed }: LayerPlan,
  files: FetchedFiles,
  layout: SeedLayout,
  { cacheDir, report, signal }: LayerContext,
): Promise<void> {
  const unpacked = seed.filter(({ keptAs }) => keptAs === undefined);
  const archives = unpacked.flatMap(({ digest }) => files.get(digest.sha256) ?? []);
  const request: SeedRequest = { root: root.path, archives, layout };
  const { cpuSeconds } = await runWorker<null>('builder/source/seed/unpack-worker', request, {
    idMap: root.idMap,
    binds: [
      { ...root, readOnly: false },
      { path: packageCacheOf(cacheDir), readOnly: true },
    ],
    signal,
    onMessage: (message) => report.progress((message as { unpacked: number }).unpacked, archives.length, 'items'),
  });
  report.addCpu(cpuSeconds);
}
