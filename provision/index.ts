export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { placeFiles } from './place-files.ts';
export type { PlacedFile } from './placed-file.ts';
export type { RunUser, UserWords } from './run-user.ts';
