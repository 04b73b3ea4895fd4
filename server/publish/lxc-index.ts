// Index lines of the stock LXC client (docs/PROTOCOLS.md, section 1): six fields, rooted path with a trailing slash. Pure.

import { newestIn, type Offer } from './offer.ts';

/** Text of a channel's meta/1.0/index-*: each image once with its newest build, since the client takes the first line that matches. */
export function lxcIndex(offer: Offer, channel: string): string {
  const lines = [...offer.values()].flatMap((image) => {
    const newest = newestIn(image, channel);
    if (newest === undefined) return [];
    const { distribution, release, architecture, variant } = image;
    return [[distribution, release, architecture, variant, newest.build, `/${newest.path}`].join(';')];
  });
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}
