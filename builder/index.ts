export { parseAllowances } from './allowances.ts';
export { buildImages, buildRoot } from './build.ts';
export { type LayerMode, layerModes } from './buildroot/layer-roots.ts';
export { readLockFile } from './plan/lock-file.ts';
export type { BuildRequest, BuiltImage, FinishedBuild } from './run.ts';
export { type BuildSettings, buildSettings } from './settings.ts';
export { chooseMirrors } from './source/index.ts';
export { openWorkspace } from './workspace.ts';
