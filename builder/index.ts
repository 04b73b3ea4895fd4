export { type BuiltImage, buildImage } from './build.ts';
export { chooseMirrors } from './source/index.ts';
