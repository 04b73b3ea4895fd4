// What a mirror has to fetch to have what its origin offers. Pure.

import { type ImageId, imageName } from '../../variants/identity.ts';
import type { Offer, OfferedBuild } from '../publish/offer.ts';
import { buildFolder } from '../publish/tree.ts';

/** A build of the origin that the mirror lacks. */
export type WantedBuild = ImageId & OfferedBuild;

/** Oldest first, so that a later build finds the blocks of the one before it. A build that is there is not looked at. */
export function wantedBuilds(offered: Offer, present: Offer): WantedBuild[] {
  const there = new Set([...present.values()].flatMap(({ builds }) => builds.map(keyOf)));
  return [...offered.values()]
    .flatMap(({ title, builds, ...image }) => builds.map((build) => ({ ...image, ...build })))
    .filter((build) => !there.has(keyOf(build)))
    .sort((one, other) => (one.build < other.build ? -1 : 1));
}

/**
 * The first build that does not lie where its name says, as a sentence: a signed path of another place would write somewhere else in
 * the tree. Undefined when all do.
 */
export function misplaced(offered: Offer): string | undefined {
  for (const image of offered.values()) {
    const odd = image.builds.find(({ path, build }) => path !== buildFolder(image, build));
    if (odd !== undefined) return `${imageName(image)} ${odd.build} is said to be at ${odd.path}`;
  }
  return undefined;
}

/** A build that is there and that the origin has made another one of, as a sentence: builds never change. */
export function changedBuild(offered: Offer, present: Offer): string | undefined {
  const there = new Map(
    [...present.values()].flatMap(({ builds }) => builds.map(({ path, manifest }) => [path, manifest])),
  );
  for (const { path, manifest } of [...offered.values()].flatMap(({ builds }) => builds)) {
    const known = there.get(path);
    if (known !== undefined && known.sha256 !== manifest.sha256) return `${path} is another build than it was`;
  }
  return undefined;
}

function keyOf({ path, manifest }: OfferedBuild): string {
  return `${path} ${manifest.sha256}`;
}
