// Publishes another offer of builds that are there already: promotion, rollback, pins and ends of life. Nothing is built, nothing
// is copied; the serial grows as with every generation, so that clients follow.

import type { Signer } from '../../keys/sign.ts';
import type { Offer } from './offer.ts';
import { type LiveGeneration, type TurnOptions, takeTurn } from './turn.ts';

/** What was live, what is, and the generation that shows it: none when there was nothing to change. */
export interface Revision {
  readonly before: Offer;
  readonly after: Offer;
  readonly generation: LiveGeneration | undefined;
}

/**
 * Makes live what `change` makes of the offer, unless that is the same one. Atomic; publishers of one tree queue.
 * @throws CooperError as takeTurn does; what `change` throws, and then nothing is changed
 */
export function revise(
  tree: string,
  change: (offer: Offer) => Offer,
  signer: Signer,
  now: Date,
  options: TurnOptions = {},
): Promise<Revision> {
  return takeTurn(tree, { signer, now }, options, async ({ offer: before, show }) => {
    const after = change(before);
    return { before, after, generation: after === before ? undefined : await show(after) };
  });
}
