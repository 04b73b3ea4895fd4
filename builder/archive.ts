// The order in which the root of a container becomes an image: a table of contents. The container is only read: what must not go into
// an image is taken away in a tree that is merged over its root.

import { createStages, type Reporter } from '../events/index.ts';
import type { Baseline } from '../gate/index.ts';
import { type BuildName, lxdTemplateText, type Manifest, type PackedRoot } from '../image/index.ts';
import { type Sha256, sha256Of } from '../keys/index.ts';
import { type IdMap, runWorker } from '../native/index.ts';
import { imageName, type ResolvedImage } from '../variants/index.ts';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import { LayerRoots } from './buildroot/layer-roots.ts';
import type { LivedRequest, LivedRoot } from './buildroot/lived-worker.ts';
import { type Completion, completeImage, type ImageContent } from './complete.ts';
import { writeManifest, writePackageList } from './describe.ts';
import { openBuildLog } from './log.ts';
import type { BuiltImage } from './run.ts';
import { ownersOf } from './source/debian/install/owners.ts';
import { openWorkspace } from './workspace.ts';

/** A container's root, and what the image of it is to be. */
export interface ArchiveRequest extends Completion {
  /** What the definition says of such an image; its packages and scripts are not asked. */
  readonly image: ResolvedImage;
  readonly build: BuildName;
  readonly baseline?: Baseline;
  /** Name of the container: files that are filled in for each container forget it. */
  readonly container: string;
  /** Absolute path. Nobody may change it meanwhile. */
  readonly rootfs: string;
  /** Of a worker on its files; the owners that the image has are those inside. */
  readonly idMap: IdMap;
  /** What the container says it was made from. */
  readonly origin: string | undefined;
  /** Where workspaces and logs of archives are; those that builds have are another's. */
  readonly archivesDir: string;
  /** SOURCE_DATE_EPOCH, when the user set it: seconds since 1970. */
  readonly epoch?: number;
  readonly builderVersion: string;
  readonly report: Reporter;
}

/**
 * Makes, gates, signs (by `deliver`) an image of the root. Nothing half-made stays.
 * @throws CooperError `shift-unfinished`, `gate-refused`, and what packing throws; the reason of the signal
 */
export async function archiveRoot(request: ArchiveRequest): Promise<BuiltImage> {
  const { image, build, archivesDir: buildsDir, idMap, report: told, signal } = request;
  const workspace = await openWorkspace(buildsDir, idMap);
  const log = openBuildLog(workspace.path, { image: imageName(image), build, buildsDir, report: told });
  const stages = createStages(log.report, signal);
  let failed = true;
  try {
    const roots = new LayerRoots({ workspace, idMap, mode: 'auto' });
    const tree = await stages.run('merge', (report) => roots.above({ path: request.rootfs }, false, report, signal));
    const lived = await stages.run('scrub', async (report) => {
      const { response, cpuSeconds } = await forgetLife(tree, request);
      report.addCpu(cpuSeconds);
      return response;
    });
    const root: BuildRoot = { ...tree, idMap, epoch: request.epoch ?? epochOf(lived, request.now) };
    const made = await completeImage({ stages, workspace, log }, request, contentOf(request, lived, root.epoch), root);
    failed = false;
    return { ...made, stages: stages.times };
  } finally {
    log.close(failed);
    await workspace.remove();
  }
}

function forgetLife(tree: Pick<BuildRoot, 'path' | 'overlay'>, request: ArchiveRequest) {
  const { rootfs, container, image, idMap, signal } = request;
  const asked: LivedRequest = { root: tree.path, own: rootfs, name: container, templates: image.lxc.templates };
  const binds = [
    { ...tree, readOnly: false },
    { path: rootfs, readOnly: true },
  ];
  return runWorker<LivedRoot>('builder/buildroot/lived-worker', asked, { idMap, binds, signal });
}

/** The same root gives the same bytes, whenever it is archived; a clock that was wrong in the container is not believed. */
function epochOf({ newest }: LivedRoot, now: Date): number {
  return Math.min(newest, Math.floor(now.getTime() / 1000));
}

function contentOf(request: ArchiveRequest, lived: LivedRoot, epoch: number): ImageContent {
  const { packages = [], templates } = lived;
  const { baseline } = request;
  // A template that is gone, or no file any more, would be one that clients cannot fill.
  const lxc = { ...request.image.lxc, templates: templates.map(({ path }) => path) };
  const image = { ...request.image, lxc };
  return {
    image,
    build: request.build,
    ...(baseline === undefined ? {} : { baseline }),
    layers: [{ added: packages }],
    owners: ownersOf,
    templates: templates.map(({ path, text }) => ({ path: `/${path}`, text: lxdTemplateText(text) })),
    describe: (rootfs, folder) => {
      if (lived.packages !== undefined) writePackageList(folder, packages);
      return describe({ ...request, image }, rootfs, epoch, folder);
    },
  };
}

function describe(
  { image, build, builderVersion, now, origin }: ArchiveRequest,
  rootfs: PackedRoot['rootfs'],
  epoch: number,
  folder: string,
): Promise<Manifest> {
  const archived = origin === undefined ? {} : { origin };
  const inputs = inputsOf(image, rootfs, builderVersion);
  return writeManifest({ image, build, epoch, inputs, builderVersion, now, rootfs, archived, folder });
}

/** Nothing but the root itself and what the definition says of it decides the bytes. */
function inputsOf(image: ResolvedImage, { sha256 }: PackedRoot['rootfs'], builderVersion: string): Sha256 {
  const { lxc, devices, filter, zstd = null } = image;
  return sha256Of(JSON.stringify(['archive', 1, builderVersion, imageName(image), sha256, lxc, devices, filter, zstd]));
}
