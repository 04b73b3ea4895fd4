export { parseAllowances } from './allowances.ts';
export { archiveRoot } from './archive.ts';
export { buildImages, buildRoot } from './build.ts';
export { DebugShell } from './buildroot/debug-shell.ts';
export { type LayerMode, layerModes } from './buildroot/layer-roots.ts';
export { changedImages } from './changed.ts';
export { enterKept, findKept, type KeptRoot, type KeptWorkspace, listKept, removeKept } from './kept.ts';
export { readLockFile } from './plan/lock-file.ts';
export { type RootPlace, rootPlaces } from './root-place.ts';
export type { BuildRequest, BuiltImage, FinishedBuild } from './run.ts';
export { type BuildSettings, buildSettings } from './settings.ts';
export { chooseMirrors } from './source/debian/mirror.ts';
export { registryLogins } from './source/oci/login/find-login.ts';
export {
  type PrunedStore,
  pruneStore,
  type StoreFile,
  type StoreKind,
  storeFiles,
  storeFolder,
} from './source/stored.ts';
export { openWorkspace, removeWhenEmpty } from './workspace.ts';
