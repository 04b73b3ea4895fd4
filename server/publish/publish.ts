// Publishes builds. Files land before the index that names them; one rename shows everything; whatever is cut off before leaves
// the old generation live and is cleaned up by the next turn.

import { CooperError } from '../../errors/index.ts';
import { type Manifest, stableChannel } from '../../image/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { imageName } from '../../variants/identity.ts';
import type { CheckedBuild } from './check-build.ts';
import type { Offer } from './offer.ts';
import { withBuild } from './offer-change.ts';
import { placeBuild, type SignedBuild } from './place.ts';
import { buildFolder } from './tree.ts';
import { type LiveGeneration, type TurnOptions, takeTurn } from './turn.ts';

/** `channel`: the one that the builds go into; `stable` unless it is given. */
export interface PublishOptions extends TurnOptions {
  readonly channel?: string;
}

/** What a publish made visible. */
export interface PublishedGeneration extends LiveGeneration {
  /** The builds that this publish added; paths relative to the root of the server. */
  readonly builds: readonly { readonly image: string; readonly build: string; readonly path: string }[];
}

/**
 * Publishes signed builds into the tree at `tree` (made when missing) as one new generation. Without builds it renews
 * signatures and expiry of what is there. Atomic; publishers of one tree queue.
 * @throws CooperError 'build-incomplete', 'build-exists', 'build-withdrawn', 'tree-damaged', 'not-published', 'no-space'
 */
export function publish(
  tree: string,
  builds: readonly SignedBuild[],
  signer: Signer,
  now: Date,
  options: PublishOptions = {},
): Promise<PublishedGeneration> {
  const { channel = stableChannel } = options;
  return takeTurn(tree, { signer, now }, options, async (turn) => {
    let offer: Offer = turn.offer;
    if (builds.length === 0 && offer.size === 0) {
      throw new CooperError('not-published', { what: `there is nothing to publish in ${tree}` });
    }
    turn.onStep('place');
    const placed: CheckedBuild[] = [];
    for (const build of builds) placed.push(await placeBuild(tree, build, turn.publisher, now));
    for (const { manifest, digest } of placed) offer = withBuild(offer, manifest, digest, channel);
    return { ...(await turn.show(offer)), builds: placed.map(({ manifest }) => announced(manifest)) };
  });
}

function announced(manifest: Manifest) {
  return { image: imageName(manifest), build: manifest.build, path: buildFolder(manifest, manifest.build) };
}
