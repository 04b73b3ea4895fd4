// Installs a package set into an empty build root without apt: unpacks with unpack-worker.ts, runs preinst scripts,
// lets dpkg inside the root configure. Two waves: what maintainer scripts rely on without saying so (Debian policy 3.8), then
// the rest, whose scripts find a working system.

import { CooperError } from '../../../../errors/index.ts';
import { runWorker } from '../../../../native/index.ts';
import { type BuildRoot, runReported } from '../../../buildroot/box-of-root.ts';
import { packageCacheOf } from '../../fetched.ts';
import type { InstallHooks, LayerContext } from '../../kind.ts';
import type { FetchedPackage, WantedPackage } from '../../wanted.ts';
import { slotFor } from '../slot.ts';
import { automaticMarks } from './dpkg-database.ts';
import { dpkgUnpackCommand, type LeftPackage } from './dpkg-unpack.ts';
import type { Opening } from './open-root.ts';
import { preinstCommand } from './preinst.ts';
import type { UnpackRequest, UnpackResponse } from './unpack-worker.ts';

/** What an installation needs besides the root. */
export interface InstallContext extends LayerContext {
  /** All packages that the root is to have in the end, those that it has already included. */
  readonly packages: readonly WantedPackage[];
}

/**
 * Installs packages into an empty root, which must belong to inner root, or into a finished one; afterwards each is in the
 * state `installed`.
 */
export async function installPackages(
  root: BuildRoot,
  packages: readonly FetchedPackage[],
  context: InstallContext,
  hooks: InstallHooks,
): Promise<void> {
  const { below } = context;
  const base = packages.filter(({ essential }) => !below && essential);
  const rest = packages.filter(({ essential }) => below || !essential);
  if (below) await unpack(root, { first: true, base: false, staged: rest, whole: [] }, context);
  else await installBase(root, { base, rest }, context, hooks);
  await hooks.updated();
  if (rest.length === 0) {
    if (below) await hooks.unpacked();
    return;
  }
  // Their preinst scripts may divert what is unpacked next, so they run first, as under dpkg.
  await runPreinst(root, rest, context);
  const left = await unpack(root, { first: false, base: false, staged: [], whole: rest }, context);
  await unpackLeft(root, left, context);
  if (below) await hooks.unpacked();
  await configure(root, ['--pending'], context);
}

async function installBase(
  root: BuildRoot,
  { base, rest }: { readonly base: readonly FetchedPackage[]; readonly rest: readonly FetchedPackage[] },
  context: InstallContext,
  hooks: InstallHooks,
): Promise<void> {
  // What the others need for their preinst scripts is laid out in the same go: a worker more costs a tenth of a second.
  const left = await unpack(root, { first: true, base: true, staged: rest, whole: base }, context);
  await runPreinst(root, base, context);
  await hooks.unpacked();
  await configure(root, ['base-passwd'], context);
  await unpackLeft(root, left, context);
  await configure(root, ['--pending'], context);
}

function openingOf({ epoch }: BuildRoot, { packages, architecture, below }: InstallContext): Opening {
  const marks = automaticMarks(
    packages.filter(({ automatic }) => automatic),
    architecture,
  );
  return { state: below ? 'finished' : 'empty', architecture, marks, epoch };
}

/**
 * Packages to unpack, and those of which only the preinst scripts are wanted. `first`: the root is opened besides. `base`:
 * scripts of `whole` are still to run.
 */
interface UnpackWork {
  readonly first: boolean;
  readonly base: boolean;
  readonly staged: readonly FetchedPackage[];
  readonly whole: readonly FetchedPackage[];
}

/** Two architectures of one package are two packages here. */
function slotOf({ name, architecture, file }: FetchedPackage, context: InstallContext): { name: string; file: string } {
  return { name: slotFor(name, architecture, context.architecture), file };
}

async function unpack(
  root: BuildRoot,
  { first, base, staged, whole }: UnpackWork,
  context: InstallContext,
): Promise<readonly LeftPackage[]> {
  const request: UnpackRequest = {
    root: root.path,
    stage: base || staged.length > 0,
    linkAwk: base,
    ...(first ? { opening: openingOf(root, context) } : {}),
    packages: [
      ...whole.map((item) => ({ ...slotOf(item, context), members: 'everything' as const })),
      ...staged.map((item) => ({ ...slotOf(item, context), members: 'control' as const })),
    ],
  };
  const { cpuSeconds, response } = await runWorker<UnpackResponse>(
    'builder/source/debian/install/unpack-worker',
    request,
    {
      idMap: root.idMap,
      binds: [
        { ...root, readOnly: false },
        { path: packageCacheOf(context.cacheDir), readOnly: true },
      ],
      signal: context.signal,
      onMessage: (message) => {
        const { unpacked } = message as { unpacked: number };
        context.report.progress(unpacked, whole.length, 'items');
      },
    },
  );
  context.report.addCpu(cpuSeconds);
  return response.left;
}

async function unpackLeft(root: BuildRoot, left: readonly LeftPackage[], context: InstallContext): Promise<void> {
  if (left.length === 0) return;
  for (const { name, reason } of left) context.report.output(`${name} is left to dpkg: ${reason}`);
  await runScripts(root, dpkgUnpackCommand, context);
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
