export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { type ProvisionedRoot, provision } from './apply.ts';
export { changeRoot, type WorkedRoot } from './change-root.ts';
export { placeFiles } from './place-files.ts';
export type { CopySource, PlacedFile } from './placed-file.ts';
export { runShown, type ShownExit } from './run-shown.ts';
export { StagedSources } from './staged-sources.ts';
export type { ProvisionStep } from './step.ts';
export { type FileWords, interpreterOf, parseFileWords, parsePackageWords } from './words.ts';
