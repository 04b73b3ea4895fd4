// What a whole image has, layers put together.

import { type ImageLayer, ownLayer, type ResolvedImage } from '../../variants/resolved.ts';

/** The image's own layer with the files and actions of those below. */
export function flat(image: ResolvedImage): Omit<ImageLayer, 'variant'> {
  const own = ownLayer(image);
  const files = image.layers.flatMap((layer) => layer.files);
  const actions = image.layers.flatMap((layer) => layer.actions);
  const { base, include, exclude, recommends } = own;
  return { base, include, exclude, recommends, files, actions };
}
