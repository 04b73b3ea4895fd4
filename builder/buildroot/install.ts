// Installs a package set into an empty build root without apt: unpacks with unpack-worker.ts, runs preinst scripts,
// lets dpkg inside the root configure. Two waves: what maintainer scripts rely on without saying so (Debian policy 3.8), then
// the rest, whose scripts find a working system.

import { CooperError } from '../../errors/index.ts';
import type { StageReport } from '../../events/index.ts';
import { runWorker } from '../../native/index.ts';
import type { FetchedPackage, PackageSet } from '../source/index.ts';
import { type BuildRoot, runReported } from './box-of-root.ts';
import { automaticMarks } from './dpkg-database.ts';
import { preinstCommand } from './preinst.ts';
import type { TreeRequest, TreeResponse } from './tree-worker.ts';
import type { UnpackRequest } from './unpack-worker.ts';

/** What an installation needs besides the root. `packageCache` holds the packages' files. */
export interface InstallContext {
  readonly packageCache: string;
  /** Native architecture of the root. */
  readonly architecture: string;
  readonly report: StageReport;
  readonly signal: AbortSignal;
  /** Named in errors, so that people find the whole output. */
  readonly logFile: string;
}

/** What the definition does between the steps of an installation; what these throw ends it. */
export interface InstallHooks {
  /** The first packages are unpacked, none of them is configured. */
  readonly unpacked: () => Promise<void>;
  /** The base is configured, the other packages are not there. */
  readonly updated: () => Promise<void>;
}

/** Lays out the merged-/usr links and an empty dpkg database; the root folder must exist and belong to inner root. */
export async function prepareRoot(root: BuildRoot, context: InstallContext): Promise<void> {
  const { architecture } = context;
  await changeTree(root, { action: 'prepare', root: root.path, architecture }, context);
}

/** Installs everything; afterwards every package is in the state `installed`. */
export async function installPackages(
  root: BuildRoot,
  set: PackageSet,
  packages: readonly FetchedPackage[],
  context: InstallContext,
  hooks: InstallHooks,
): Promise<void> {
  const waves = {
    base: packages.filter(({ name }) => set.essential.has(name)),
    rest: packages.filter(({ name }) => !set.essential.has(name)),
  };
  await unpack(root, waves.base, { members: 'everything', stage: true }, context);
  await changeTree(root, { action: 'link-awk', root: root.path }, context);
  await runPreinst(root, waves.base, context);
  await hooks.unpacked();
  await configure(root, ['base-passwd'], context);
  await configure(root, ['--pending'], context);
  await markAutomatic(root, set, context);
  await hooks.updated();
  if (waves.rest.length === 0) return;
  // Their preinst scripts may divert what is unpacked next, so they run first, as under dpkg.
  await unpack(root, waves.rest, { members: 'control', stage: true }, context);
  await runPreinst(root, waves.rest, context);
  await unpack(root, waves.rest, { members: 'everything', stage: false }, context);
  await configure(root, ['--pending'], context);
}

// So that `apt autoremove` in a container knows what nobody asked for.
async function markAutomatic(root: BuildRoot, set: PackageSet, context: InstallContext): Promise<void> {
  const packages = set.packages.filter(({ name }) => set.automatic.has(name));
  const content = automaticMarks(packages, context.architecture);
  const files = [{ kind: 'text', path: '/var/lib/apt/extended_states', content, mode: 0o644 } as const];
  await changeTree(root, { action: 'place-files', root: root.path, files, epoch: root.epoch }, context);
}

/** Removes what an installation leaves that belongs to the build and not to the product. */
export async function scrubRoot(root: BuildRoot, context: InstallContext): Promise<void> {
  await changeTree(root, { action: 'scrub', root: root.path }, context);
}

async function unpack(
  root: BuildRoot,
  packages: readonly FetchedPackage[],
  { members, stage }: Pick<UnpackRequest, 'members' | 'stage'>,
  context: InstallContext,
): Promise<void> {
  const request: UnpackRequest = {
    root: root.path,
    members,
    stage,
    packages: packages.map(({ name, file }) => ({ name, file })),
  };
  const { cpuSeconds } = await runWorker('builder/buildroot/unpack-worker', request, {
    idMap: root.idMap,
    binds: [
      { path: root.path, readOnly: false },
      { path: context.packageCache, readOnly: true },
    ],
    signal: context.signal,
    onMessage: (message) => {
      const { unpacked } = message as { unpacked: number };
      context.report.progress(unpacked, packages.length, 'items');
    },
  });
  context.report.addCpu(cpuSeconds);
}

/** Has tree-worker.ts carry out one change inside the box; it may read the folders `sources` of the host besides. */
export async function changeTree(
  root: BuildRoot,
  request: TreeRequest,
  context: InstallContext,
  sources: readonly string[] = [],
): Promise<void> {
  const { cpuSeconds } = await runWorker<TreeResponse>('builder/buildroot/tree-worker', request, {
    idMap: root.idMap,
    binds: [{ path: root.path, readOnly: false }, ...sources.map((path) => ({ path, readOnly: true }))],
    signal: context.signal,
  });
  context.report.addCpu(cpuSeconds);
}

async function runPreinst(
  root: BuildRoot,
  packages: readonly FetchedPackage[],
  context: InstallContext,
): Promise<void> {
  await runScripts(root, preinstCommand(packages), context);
}

async function configure(root: BuildRoot, what: readonly string[], context: InstallContext): Promise<void> {
  // It ends at the first failure, so that the last lines are those of the package to blame.
  const options = ['--force-unsafe-io', '--force-confold', '--log=/dev/null', '--abort-after=1'];
  const argv = ['dpkg', ...options, '--configure', ...what];
  if (what[0] !== '--pending') argv.splice(1, 0, '--force-depends');
  await runScripts(root, argv, context);
}

async function runScripts(root: BuildRoot, argv: readonly string[], context: InstallContext): Promise<void> {
  const exit = await runReported(root, { argv, signal: context.signal }, context.report);
  if (exit.timedOut) {
    throw new CooperError('script-timeout', { what: `${argv[0]} did not end in time`, lines: exit.lines });
  }
  if (exit.status !== 0) throw scriptFailed(exit.lines, context.logFile);
}

function scriptFailed(lines: readonly string[], logFile: string): CooperError {
  const culprit = lines.map((line) => /error processing package (\S+)|preinst of (\S+) ended/.exec(line)).find(Boolean);
  const name = culprit?.[1] ?? culprit?.[2];
  return new CooperError('maintainer-script-failed', {
    what: name === undefined ? 'configuring packages failed' : `a maintainer script of ${name} failed`,
    next: `The whole output is in ${logFile}`,
    lines,
  });
}
