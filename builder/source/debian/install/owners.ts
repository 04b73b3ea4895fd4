// Asks a finished root which package of which layer has which of its files, by dpkg's database.

import type { Owner } from '../../../../image/index.ts';
import { runWorker } from '../../../../native/index.ts';
import type { OwnersQuestion } from '../../kind.ts';
import type { FiledPackage, OwnersRequest } from './owners-worker.ts';

/** A root without such a database has no owners. */
export const ownersOf: OwnersQuestion = async (root, layers, report, signal) => {
  const packages: FiledPackage[] = layers.flatMap(({ added }, layer) =>
    added.map(({ name, architecture, multiArch, source }) => ({
      layer,
      source: source.name,
      package: name,
      stem: multiArch === 'same' ? `${name}:${architecture}` : name,
    })),
  );
  const request: OwnersRequest = { root: root.path, packages };
  const { response, cpuSeconds } = await runWorker<readonly Owner[]>(
    'builder/source/debian/install/owners-worker',
    request,
    {
      idMap: root.idMap,
      binds: [{ ...root, readOnly: true }],
      signal,
    },
  );
  report.addCpu(cpuSeconds);
  return response;
};
