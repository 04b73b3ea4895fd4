export { type ActionImage, actionCommand, cleanEnvironment } from './action.ts';
export { type PlacedFile, placeFiles } from './place-files.ts';
