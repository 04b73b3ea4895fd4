// Asks a finished root which package of which layer has which of its files, by the records of pkgtools.

import type { Owner } from '../../../../image/index.ts';
import { runWorker } from '../../../../native/index.ts';
import type { OwnersQuestion } from '../../kind.ts';
import type { RecordedPackage, RecordsRequest } from './owners-worker.ts';

/** What an image has removed of its records belongs to no package. */
export const ownersOf: OwnersQuestion = async (root, layers, report, signal) => {
  const packages: RecordedPackage[] = layers.flatMap(({ added }, layer) =>
    added.map(({ name, source }) => ({ layer, source: source.name, package: name })),
  );
  const request: RecordsRequest = { root: root.path, packages };
  const { response, cpuSeconds } = await runWorker<readonly Owner[]>(
    'builder/source/pkgtools/install/owners-worker',
    request,
    { idMap: root.idMap, binds: [{ ...root, readOnly: true }], signal },
  );
  report.addCpu(cpuSeconds);
  return response;
};
