// What the resolver has chosen, as every source says it. Pure.

import type { WantedPackage } from '../wanted.ts';
import type { PackageSet } from './resolver.ts';

/** The resolver's answer in this form, in its order. */
export function wantedOf(set: PackageSet): readonly WantedPackage[] {
  return set.packages.map((item) => ({
    name: item.name,
    version: item.version,
    architecture: item.architecture,
    multiArch: item.multiArch,
    source: item.source,
    archive: item.origin.archive,
    path: item.path,
    digest: item.digest,
    essential: set.essential.has(item),
    automatic: set.automatic.has(item),
  }));
}
