// The face of builder/source for the rest of the builder: one archive format so far.

export type { ArchiveContext } from './debian/context.ts';
export { openDeb } from './debian/deb.ts';
export { type FetchedPackage, fetchPackages } from './debian/fetch-packages.ts';
export { type ArchiveIndex, fetchIndices, type SuiteIndex } from './debian/indices.ts';
export { chooseMirrors } from './debian/mirror.ts';
export { withFreshIndices } from './debian/moving-mirror.ts';
export { resolvePackages } from './debian/resolver.ts';
export { slotFor } from './debian/slot.ts';
export { packageKey, type WantedPackage, wantedOf } from './wanted.ts';
