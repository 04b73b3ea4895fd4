// Asks a finished root which package of which layer has which of its files, and knows what changes with every build.

import type { StageReport } from '../events/index.ts';
import type { Owner, Residues } from '../image/index.ts';
import { runWorker } from '../native/index.ts';
import type { BuildRoot } from './buildroot/box-of-root.ts';
import type { FiledPackage, OwnersRequest } from './buildroot/owners-worker.ts';

/** What no package has and almost every build changes; apart from the rest, so that clients need not fetch that again. */
export const residues: Residues = [
  {
    name: 'state of packages',
    prefixes: ['var/lib/dpkg/', 'var/lib/apt/', 'var/lib/ucf/', 'var/cache/debconf/', 'etc/ld.so.cache'],
  },
];

/** A package by what dpkg files it under. */
export interface OwnedPackage {
  readonly name: string;
  readonly architecture: string;
  /** Value of the field Multi-Arch. */
  readonly multiArch: string;
  readonly source: { readonly name: string };
}

/** What each layer has added, the lowest first. */
export type OwnedLayers = readonly { readonly added: readonly OwnedPackage[] }[];

/** Owners in the order of the layers and of the packages in them. */
export async function ownersOf(
  root: BuildRoot,
  layers: OwnedLayers,
  report: StageReport,
  signal: AbortSignal,
): Promise<readonly Owner[]> {
  const packages: FiledPackage[] = layers.flatMap(({ added }, layer) =>
    added.map(({ name, architecture, multiArch, source }) => ({
      layer,
      source: source.name,
      package: name,
      stem: multiArch === 'same' ? `${name}:${architecture}` : name,
    })),
  );
  const request: OwnersRequest = { root: root.path, packages };
  const { response, cpuSeconds } = await runWorker<readonly Owner[]>('builder/buildroot/owners-worker', request, {
    idMap: root.idMap,
    binds: [{ ...root, readOnly: true }],
    signal,
  });
  report.addCpu(cpuSeconds);
  return response;
}
