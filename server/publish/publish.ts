// Publishes builds. Files land before the index that names them; one rename shows everything; whatever is cut off before leaves
// the old generation live and is cleaned up by the next turn.

import { CooperError } from '../../errors/index.ts';
import { stableChannel } from '../../image/index.ts';
import type { Certificate } from '../../keys/index.ts';
import type { Signer } from '../../keys/sign.ts';
import { imageName } from '../../variants/identity.ts';
import { refuseLarge, withLive } from './attesters.ts';
import type { Offer } from './offer.ts';
import { withAttestation, withBuild } from './offer-change.ts';
import { type PlacedBuild, placeBuild, type SignedBuild } from './place.ts';
import { buildFolder } from './tree.ts';
import { type LiveGeneration, type TurnOptions, takeTurn } from './turn.ts';

/** `channel`: the one that the builds go into; `stable` unless it is given. */
export interface PublishOptions extends TurnOptions {
  readonly channel?: string;
  /** Whose builds are taken besides the publisher's own. */
  readonly builders?: readonly Certificate[];
}

/** What a publish made visible. */
export interface PublishedGeneration extends LiveGeneration {
  /** The builds that this publish added; paths relative to the root of the server. */
  readonly builds: readonly {
    readonly image: string;
    readonly build: string;
    readonly path: string;
    /** Fingerprint of a builder who is not the publisher. */
    readonly builder?: string;
  }[];
}

/**
 * Publishes signed builds into the tree at `tree` (made when missing) as one new generation. Without builds it renews
 * signatures and expiry of what is there. Atomic; publishers of one tree queue.
 * @throws CooperError 'build-incomplete', 'builder-not-listed', 'signature-*' of a builder, 'build-exists', 'build-withdrawn', 'tree-damaged', 'not-published', 'no-space'
 */
export function publish(
  tree: string,
  builds: readonly SignedBuild[],
  signer: Signer,
  now: Date,
  options: PublishOptions = {},
): Promise<PublishedGeneration> {
  const { channel = stableChannel, builders = [] } = options;
  return takeTurn(tree, { signer, now }, options, async (turn) => {
    let offer: Offer = turn.offer;
    if (builds.length === 0 && offer.size === 0) {
      throw new CooperError('not-published', { what: `there is nothing to publish in ${tree}` });
    }
    turn.onStep('place');
    const known = await Promise.all(builders.map((each) => withLive(tree, each, now)));
    known.forEach(refuseLarge);
    const placed: PlacedBuild[] = [];
    for (const build of builds) placed.push(await placeBuild(turn, build, known));
    for (const { manifest, digest, builder } of placed) {
      offer = withBuild(offer, manifest, digest, channel);
      if (builder !== undefined) offer = withAttestation(offer, manifest, manifest.build, builder.fingerprint);
    }
    const live = await turn.show(
      offer,
      placed.flatMap(({ builder }) => builder ?? []),
    );
    return { ...live, builds: placed.map(announced) };
  });
}

function announced({ manifest, builder }: PlacedBuild) {
  const { build } = manifest;
  const by = builder === undefined ? {} : { builder: builder.fingerprint };
  return { image: imageName(manifest), build, path: buildFolder(manifest, build), ...by };
}
