// Index lines of the stock LXC client (docs/PROTOCOLS.md, section 1): six fields, rooted path with a trailing slash. Pure.

import type { Offer } from './offer.ts';

/** Text of meta/1.0/index-*: each image once with its newest build, since the client takes the first line that matches. */
export function lxcIndex(offer: Offer): string {
  const lines = [...offer.values()].flatMap(({ distribution, release, architecture, variant, builds }) => {
    const newest = builds[0];
    if (newest === undefined) return [];
    return [[distribution, release, architecture, variant, newest.build, `/${newest.path}`].join(';')];
  });
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}
