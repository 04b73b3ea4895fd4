export { type BuiltImage, buildImage, buildRoot } from './build.ts';
export { chooseMirrors } from './source/index.ts';
