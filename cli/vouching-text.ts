// What vouches for the things that an image is made of, in a sentence for people. Pure.

import type { Manifest } from '../image/index.ts';

const sentences: Readonly<Record<NonNullable<Manifest['source']>['vouched'], string>> = {
  signature: 'signatures by the keys of its definition',
  digest: 'digests in its definition',
  mirrors: 'nobody has signed its packages: two mirrors had the same when they were fetched first',
  'first-use': 'nobody has signed its packages: they are what was fetched first, and nothing else vouches for them',
  transport: 'nobody has signed what it is made of: https alone vouches for it',
  script: 'nobody but the template script that made it, as far as it verifies what it fetches',
  machine: 'nothing: it was made from what was on the machine that built it',
};

/** The sentence for `cooper show`. */
export function vouchingText({ vouched }: NonNullable<Manifest['source']>): string {
  return sentences[vouched];
}
