// What an image is called. Pure.

import type { BuildName } from '../../image/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { ObtainableImage } from '../unpack/deliver.ts';

/** What the image is called: a name and a build, or a path where the files do not say. */
export function imageTitle(image: ObtainableImage): { readonly image: string; readonly build: BuildName | null } {
  if (image.kind === 'published') return { image: imageName(image), build: image.build };
  if (image.kind === 'upstream') return { image: imageName(image.build), build: image.build.build };
  if (image.contents.kind === 'pair') return { image: image.path, build: null };
  const { manifest } = image.contents;
  return { image: imageName(manifest), build: manifest.build };
}
