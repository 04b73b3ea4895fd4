// The face of builder/source for the rest of the builder, besides the table of kinds.

export type {
  FetchedFiles,
  FindLogin,
  FindTools,
  HoldContainer,
  LayerContext,
  ListedPackage,
  OpenSource,
  OwnedLayers,
  OwnersQuestion,
} from './kind.ts';
export { withFreshIndices } from './moving-mirror.ts';
export { packageKey, type WantedPackage } from './wanted.ts';
