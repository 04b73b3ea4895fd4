// The order in which an image is built: a table of contents. Each step is one function of its own file.

import { join } from 'node:path';
import { createStages, type Reporter, type Stages, type StageTime } from '../events/index.ts';
import type { Transport } from '../fetch/index.ts';
import type { Baseline } from '../gate/index.ts';
import type { BuildName, Manifest } from '../image/index.ts';
import { buildIdMap, type IdMap } from '../native/index.ts';
import { imageName, type ResolvedImage } from '../variants/index.ts';
import { installPackages, prepareRoot, scrubRoot } from './buildroot/install.ts';
import { describeBuild } from './describe.ts';
import { type BuildLog, openBuildLog } from './log.ts';
import { type GatedRoot, gateRoot, packImage, packMetadata } from './product.ts';
import { installHooks, provisionRoot } from './provision.ts';
import { chooseMirrors, fetchIndices, fetchPackages, resolvePackages } from './source/index.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** What a build is made from and where its files go. */
export interface BuildRequest {
  readonly image: ResolvedImage;
  readonly build: BuildName;
  readonly buildsDir: string;
  /** `<home>/cache`: package lists and packages. */
  readonly cacheDir: string;
  readonly transport: Transport;
  readonly mirrors: { readonly main?: string; readonly security?: string };
  /** SOURCE_DATE_EPOCH, when the user set it: seconds since 1970. */
  readonly epoch?: number;
  /** With which the gate compares what the image gives rights by; none for a first build. */
  readonly baseline?: Baseline;
  readonly builderVersion: string;
  readonly now: Date;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  /** What becomes of the complete build: `folder` goes away afterwards. Returns where it is now. */
  readonly deliver: (folder: string, stages: Stages) => Promise<string>;
}

/** What a root without archives is made from. Its `buildsDir` has to be on the file system that the root is to stay on. */
export interface RootRequest extends Omit<BuildRequest, 'builderVersion' | 'deliver'> {
  /** What becomes of the finished root: what is still in its place afterwards goes away. */
  readonly deliver: (root: GatedRoot) => Promise<void> | void;
}

/** A build that was delivered. */
export interface BuiltImage {
  /** As `deliver` said. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly stages: readonly StageTime[];
}

/**
 * Builds one image: fetch, verify, unpack, configure, provision, scrub, gate, pack, describe, deliver. Nothing half-made
 * stays: the workspace goes away whatever happens, after a kill at the next build.
 */
export function buildImage(request: BuildRequest): Promise<BuiltImage> {
  return inWorkspace(request, (workspace, idMap, log) => buildIn(workspace, idMap, log, request));
}

/** The steps of `buildImage` up to the gate: the root itself is what is delivered. */
export function buildRoot(request: RootRequest): Promise<{ readonly stages: readonly StageTime[] }> {
  return inWorkspace(request, async (workspace, idMap, log) => {
    const stages = createStages(log.report, request.signal);
    const { gated } = await makeRoot(workspace, idMap, log, stages, request);
    await stages.run('deliver', async () => request.deliver(gated));
    return { stages: stages.times };
  });
}

type Making<T> = (workspace: Workspace, idMap: IdMap, log: BuildLog) => Promise<T>;

async function inWorkspace<T>(request: RootRequest | BuildRequest, make: Making<T>): Promise<T> {
  const idMap = await buildIdMap();
  const workspace = await openWorkspace(request.buildsDir, idMap);
  try {
    return await logged(request, workspace, (log) => make(workspace, idMap, log));
  } finally {
    await workspace.remove();
  }
}

async function logged<T>(
  request: RootRequest | BuildRequest,
  workspace: Workspace,
  make: (log: BuildLog) => Promise<T>,
): Promise<T> {
  const log = openBuildLog(workspace.path, { ...request, image: imageName(request.image) });
  let failed = true;
  try {
    const made = await make(log);
    failed = false;
    return made;
  } finally {
    log.close(failed);
  }
}

async function buildIn(workspace: Workspace, idMap: IdMap, log: BuildLog, request: BuildRequest): Promise<BuiltImage> {
  const { image, signal } = request;
  const folder = workspace.output;
  const stages = createStages(log.report, signal);
  const { gated, index, packages } = await makeRoot(workspace, idMap, log, stages, request);
  const { rootfs, recorded } = await stages.run('pack', (report) => packImage(gated, image, folder, report, signal));
  await stages.run('metadata', () => packMetadata(image, { recorded }, request.now, folder));
  log.copyTo(join(folder, 'build.log'));
  const manifest = await describeBuild({ ...request, index, packages, rootfs, epoch: gated.epoch, folder });
  const directory = await request.deliver(folder, stages);
  return { directory, manifest, stages: stages.times };
}

async function makeRoot(
  workspace: Workspace,
  idMap: IdMap,
  log: BuildLog,
  stages: Stages,
  request: RootRequest | BuildRequest,
) {
  const { image, signal } = request;
  const mirrors = await chooseMirrors(image.source, image.release, request.mirrors);
  const archive = { ...request, mirrors };
  const index = await stages.run('index', () => fetchIndices(image.source, image.architecture, archive));
  const set = await stages.run('resolve', async () => resolvePackages(index, image));
  const packages = await stages.run('download', (report) => fetchPackages(set, archive, report.progress));
  const root = { path: workspace.root, idMap, epoch: request.epoch ?? index.epoch };
  const packageCache = join(request.cacheDir, 'packages');
  const installing = { architecture: image.architecture, packageCache, signal, logFile: log.keptAt };
  await stages.run('prepare', (report) => prepareRoot(root, { ...installing, report }));
  await stages.run('install', (report) => {
    const context = { ...installing, report };
    return installPackages(root, set, packages, context, installHooks(root, image, context));
  });
  await stages.run('provision', (report) => provisionRoot(root, image, { ...installing, report }));
  await stages.run('scrub', (report) => scrubRoot(root, { ...installing, report }));
  const gated = await stages.run('gate', (report) => gateRoot(root, image, request.baseline, report, signal));
  return { gated, index, packages };
}
