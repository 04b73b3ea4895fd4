export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { provision } from './apply.ts';
export { changeRoot } from './change-root.ts';
export { placeFiles } from './place-files.ts';
export type { CopySource, PlacedFile } from './placed-file.ts';
export { runShown, type ShownExit } from './run-shown.ts';
export { StagedSources } from './staged-sources.ts';
export type { ProvisionStep } from './step.ts';
export { interpreterOf, parseFileWords, parsePackageWords } from './words.ts';
