// What an image is called, and the line of a container's config that says what it was made from. Pure.

import type { BuildName } from '../../image/index.ts';
import { imageName } from '../../variants/identity.ts';
import type { ObtainableImage } from '../unpack/deliver.ts';
import type { Vouching } from '../verify/vouching.ts';

/** What the image is called: a name and a build, or a path where the files do not say. */
export function imageTitle(image: ObtainableImage): { readonly image: string; readonly build: BuildName | null } {
  if (image.kind === 'published') return { image: imageName(image), build: image.build };
  if (image.kind === 'upstream') return { image: imageName(image.build), build: image.build.build };
  if (image.contents.kind === 'pair') return { image: image.path, build: null };
  const { manifest } = image.contents;
  return { image: imageName(manifest), build: manifest.build };
}

/** The first line of a container's configuration. */
export function originText(image: ObtainableImage, { by, signer }: Vouching): string {
  const at = image.kind === 'upstream' ? ` of ${image.upstream.server.href}` : '';
  const { image: name, build } = imageTitle(image);
  const what = build === null ? name : `${name} ${build}`;
  // It is a line of a file, and paths may hold line ends.
  return `Made by cooper from ${what}${at} ${voucherText(by, signer)}`.replaceAll(/\p{C}/gu, '?');
}

function voucherText(by: Vouching['by'], signer: Vouching['signer']): string {
  if (by === 'catalog') return `of publisher ${signer}`;
  return by === 'signature' ? `signed by ${signer}` : `verified by ${by}`;
}
