// Which packages a root has that was not made of packages that a source has chosen.

import { runWorker } from '../../../native/index.ts';
import type { InstalledPackage } from '../debian/install/installed.ts';
import type { InstalledQuestion } from '../kind.ts';
import type { InstalledRequest } from './installed-worker.ts';

/** By dpkg's database; undefined where there is none. */
export const installedIn: InstalledQuestion = async (root, report, signal) => {
  const request: InstalledRequest = { root: root.path };
  const module = 'builder/source/seed/installed-worker';
  const { response, cpuSeconds } = await runWorker<readonly InstalledPackage[] | null>(module, request, {
    idMap: root.idMap,
    binds: [{ ...root, readOnly: true }],
    signal,
  });
  report.addCpu(cpuSeconds);
  return response ?? undefined;
};
