// The line of a container's config that says what it was made from: written by `create`, read where that matters later. Pure.

import type { ImageId } from '../../variants/identity.ts';
import type { ObtainableImage } from '../unpack/deliver.ts';
import type { Vouching } from '../verify/vouching.ts';
import { imageTitle } from './image-title.ts';

/** What a container was made from. */
export interface Origin {
  readonly image: ImageId;
  readonly build: string;
}

/** For the first line of the config, without `#`. */
export function originText(image: ObtainableImage, { by, signer }: Pick<Vouching, 'by' | 'signer'>): string {
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

/** What the config (its text) says; undefined for a container that somebody else has made, and for files that were no named image. */
export function originIn(config: string): Origin | undefined {
  const [, name = '', build] = /^# Made by cooper from (\S+) (\S+) (?:of|signed by|verified by) \S/m.exec(config) ?? [];
  const [distribution, release, architecture, variant, ...more] = name.split('/');
  if (build === undefined || more.length > 0) return undefined;
  if (!distribution || !release || !architecture || !variant) return undefined;
  return { image: { distribution, release, architecture, variant }, build };
}
