// Puts the packages of a layer into a root. pkgtools runs the script of a package when it is unpacked, by a shell of the installer; here
// the only shell is the root's own, so all packages of the layer are unpacked first, and the scripts run after that in the same order.

import { CooperError } from '../../../../errors/index.ts';
import { runWorker } from '../../../../native/index.ts';
import { type BuildRoot, runReported } from '../../../buildroot/box-of-root.ts';
import type { LayerPlan } from '../../../plan/layers.ts';
import { packageCacheOf } from '../../fetched.ts';
import type { FetchedFiles, InstallHooks, LayerContext } from '../../kind.ts';
import { stemOf } from '../package-name.ts';
import { stagedScripts } from './staged.ts';
import type { PackageArchive } from './unpack-package.ts';
import type { PackagesRequest, UnpackedPackages } from './unpack-worker.ts';

/** Installs packages of `records`: where the distribution has its records. */
export function installPackages(records: 'log' | 'pkgtools') {
  return async (
    root: BuildRoot,
    { added }: LayerPlan,
    files: FetchedFiles,
    context: LayerContext,
    hooks: InstallHooks,
  ): Promise<void> => {
    if (context.below) await hooks.updated();
    const packages = added.map(({ name, path, digest }): PackageArchive => {
      const file = files.get(digest.sha256);
      if (file === undefined) throw new TypeError(`${path} was not fetched`);
      return { name, stem: stemOf(path.slice(path.lastIndexOf('/') + 1)), location: path, file, size: digest.size };
    });
    const { scripts, shell } = await ask(root, { action: 'unpack', packages, records }, context);
    const withScript = scripts.flatMap((position) => {
      const item = packages[position];
      return item === undefined ? [] : [{ stem: item.stem, position }];
    });
    if (withScript.length > 0 && !shell) throw noShell(withScript[0]?.stem ?? '');
    await hooks.unpacked();
    for (const { stem, position } of withScript) await runScript(root, stem, position, context);
    if (shell)
      await run(root, 'ldconfig', ['/bin/sh', '-c', 'if [ -x /sbin/ldconfig ]; then /sbin/ldconfig; fi'], context);
    await ask(root, { action: 'finish' }, context);
    if (!context.below) await hooks.updated();
  };
}

type Asked<Request> = Request extends unknown ? Omit<Request, 'root' | 'epoch'> : never;

async function ask(
  root: BuildRoot,
  asked: Asked<PackagesRequest>,
  { cacheDir, report, signal }: LayerContext,
): Promise<UnpackedPackages> {
  const request = { ...asked, root: root.path, epoch: root.epoch };
  const total = asked.action === 'unpack' ? asked.packages.length : 0;
  const { response, cpuSeconds } = await runWorker<UnpackedPackages>(
    'builder/source/pkgtools/install/unpack-worker',
    request,
    {
      idMap: root.idMap,
      binds: [
        { ...root, readOnly: false },
        { path: packageCacheOf(cacheDir), readOnly: true },
      ],
      signal,
      onMessage: (message) => report.progress((message as { unpacked: number }).unpacked, total, 'items'),
    },
  );
  report.addCpu(cpuSeconds);
  return response;
}

// The script finds the folder install/ of its package beside it, and itself in it.
const script = 'mv "$1" /install && sh install/doinst.sh -install; status=$?; rm -rf /install; exit $status';

function runScript(root: BuildRoot, stem: string, position: number, context: LayerContext): Promise<void> {
  const argv = ['/bin/sh', '-c', script, 'doinst.sh', `/${stagedScripts}/${position}`];
  return run(root, `the script of ${stem}`, argv, context);
}

async function run(root: BuildRoot, name: string, argv: readonly string[], context: LayerContext): Promise<void> {
  const exit = await runReported(root, { argv, name, signal: context.signal }, context.report);
  if (exit.timedOut)
    throw new CooperError('script-timeout', { what: `${name} did not end in time`, lines: exit.lines });
  if (exit.status === 0) return;
  throw new CooperError('maintainer-script-failed', {
    what: `${name} failed with status ${exit.status}`,
    next: `The whole output is in ${context.logFile}`,
    lines: exit.lines,
  });
}

function noShell(stem: string): CooperError {
  return new CooperError('maintainer-script-failed', {
    what: `${stem} has a script, and no package so far brings /bin/sh`,
    next: 'Add the package with the shell to this variant, or to one that it extends',
  });
}
