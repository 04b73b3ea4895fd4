// The line of a container's config that says what it was made from: written by `create`, read where that matters later. Pure.

import { type ImageId, imageName } from '../../variants/identity.ts';

/** What a container was made from. */
export interface Origin {
  readonly image: ImageId;
  readonly build: string;
  /** Fingerprint of the key that vouched for it. */
  readonly publisher: string;
}

/** For the first line of the config, without `#`. */
export function originText({ image, build, publisher }: Origin): string {
  return `Made by cooper from ${imageName(image)} ${build} of publisher ${publisher}`;
}

/** What the config (its text) says; undefined for a container that somebody else has made. */
export function originIn(config: string): Origin | undefined {
  const [, name = '', build, publisher] =
    /^# Made by cooper from (\S+) (\S+) of publisher ([0-9A-F]{40})$/m.exec(config) ?? [];
  const [distribution, release, architecture, variant, ...more] = name.split('/');
  if (build === undefined || publisher === undefined || more.length > 0) return undefined;
  if (!distribution || !release || !architecture || !variant) return undefined;
  return { image: { distribution, release, architecture, variant }, build, publisher };
}
