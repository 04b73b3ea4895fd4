// Puts busybox into an empty root and has it make the names of its programs.

import { CooperError } from '../../../errors/index.ts';
import { runWorker } from '../../../native/index.ts';
import { type BuildRoot, runReported } from '../../buildroot/box-of-root.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { packageCacheOf } from '../fetched.ts';
import type { FetchedFiles, InstallHooks, LayerContext } from '../kind.ts';
import type { ExtractRequest } from './extract-worker.ts';

/** Where it is in the root. */
export const program = 'bin/busybox';

/** @throws CooperError `busybox-unusable` */
export async function installBusybox(
  root: BuildRoot,
  { added }: LayerPlan,
  files: FetchedFiles,
  { cacheDir, report, signal }: LayerContext,
  hooks: InstallHooks,
): Promise<void> {
  // Layers above have nothing to add.
  for (const { name, digest } of added) {
    const deb = files.get(digest.sha256);
    if (deb === undefined) throw new TypeError(`the file of ${name} was not fetched`);
    const request: ExtractRequest = { root: root.path, deb, program };
    const { cpuSeconds } = await runWorker<null>('builder/source/busybox/extract-worker', request, {
      idMap: root.idMap,
      binds: [
        { ...root, readOnly: false },
        { path: packageCacheOf(cacheDir), readOnly: true },
      ],
      signal,
    });
    report.addCpu(cpuSeconds);
    // It also makes /linuxrc, for a kernel that has an initrd.
    const names = `/${program} --install -s && /${program} rm -f /linuxrc`;
    const argv = [`/${program}`, 'sh', '-c', names];
    const { status, lines } = await runReported(root, { argv, name: 'busybox', signal }, report);
    if (status !== 0) {
      const what = `busybox of the package ${name} does not run in a root where nothing else is`;
      throw new CooperError('busybox-unusable', { what, lines });
    }
  }
  await hooks.unpacked();
  await hooks.updated();
}
