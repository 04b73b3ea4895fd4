// Changes of an offer: builds come and leave, and are marked. Pure: each gives another offer, or the same one when there is
// nothing to change; refuses what nobody can have meant.

import { CooperError } from '../../errors/index.ts';
import { inChannel, type Manifest, stableChannel } from '../../image/index.ts';
import type { FileDigest } from '../../keys/digest.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import type { Offer, OfferedBuild, OfferedImage } from './offer.ts';
import { buildFolder } from './tree.ts';

/**
 * The offer with one more build. Title and version of an image are those of its newest build, a stable one if there is any.
 * @throws CooperError 'build-withdrawn'
 */
export function withBuild(offer: Offer, manifest: Manifest, digest: FileDigest, channel: string): Offer {
  const { distribution, release, architecture, variant, build } = manifest;
  const id = { distribution, release, architecture, variant };
  const before = offer.get(imageName(id));
  if (before !== undefined) refuseWithdrawn(before, build);
  const added = {
    build,
    path: buildFolder(id, build),
    manifest: digest,
    channels: [channel],
    pinned: false,
    attestations: [],
  };
  const builds = [added, ...(before?.builds ?? [])].sort((a, b) => (a.build < b.build ? 1 : -1));
  const telling = inChannel(builds, stableChannel)[0] ?? builds[0];
  const { title, releaseVersion } = before === undefined || telling === added ? manifest : before;
  return withImage(offer, { withdrawn: [], ...before, ...id, title, releaseVersion, builds });
}

/** The offer without the builds of these paths. An image of which none is left goes with them. */
export function withoutBuilds(offer: Offer, paths: ReadonlySet<string>): Offer {
  const images = [...offer].map(([name, image]): [string, OfferedImage] => {
    return [name, { ...image, builds: image.builds.filter(({ path }) => !paths.has(path)) }];
  });
  return new Map(images.filter(([, { builds }]) => builds.length > 0));
}

/**
 * The offer in which the channel's newest build of the image is `to`, or else the one before its newest. Newer ones leave the
 * channel, and with their last channel the offer; they are remembered as withdrawn.
 * @throws CooperError 'image-not-found', 'build-not-found', 'nothing-to-roll-back'
 */
export function rolledBack(offer: Offer, id: ImageId, channel: string, to: string | undefined): Offer {
  const image = imageIn(offer, id);
  const there = inChannel(image.builds, channel);
  const kept = to === undefined ? there[1] : there.find(({ build }) => build === to);
  const newest = there[0];
  if (to !== undefined && kept === undefined) throw noBuild(image, to, channel);
  if (kept === undefined || kept === newest) throw nothingBefore(image, channel, newest);
  const bad = new Set(there.slice(0, there.indexOf(kept)).map(({ build }) => build));
  const builds = image.builds
    .map((each) =>
      bad.has(each.build) ? { ...each, channels: each.channels.filter((name) => name !== channel) } : each,
    )
    .filter(({ channels }) => channels.length > 0);
  const withdrawn = [...new Set([...image.withdrawn, ...bad])].sort();
  return withImage(offer, { ...image, builds, withdrawn });
}

/**
 * The offer in which the build is also in the channel `to`; without a name it is the newest build that was not withdrawn.
 * @throws CooperError 'image-not-found', 'build-not-found', 'build-withdrawn'
 */
export function promoted(offer: Offer, id: ImageId, name: string | undefined, to: string): Offer {
  const image = imageIn(offer, id);
  const wanted = promotedBuild(image, name);
  if (wanted.channels.includes(to)) return offer;
  return withMark(offer, image, wanted, { channels: [...wanted.channels, to].sort() });
}

/** The build that `promoted` means; throws the same. */
export function promotedBuild(image: OfferedImage, name: string | undefined): OfferedBuild {
  if (name !== undefined) refuseWithdrawn(image, name);
  const candidate = image.builds.find(({ build }) => !image.withdrawn.includes(build));
  const wanted = name === undefined ? candidate : buildIn(image, name);
  if (wanted === undefined) throw withdrawn(image, image.builds[0]?.build ?? '');
  return wanted;
}

function refuseWithdrawn(image: OfferedImage, build: string): void {
  if (image.withdrawn.some((name) => name === build)) throw withdrawn(image, build);
}

/**
 * The offer with the build pinned, or not.
 * @throws CooperError 'image-not-found', 'build-not-found'
 */
export function withPin(offer: Offer, id: ImageId, name: string, pinned: boolean): Offer {
  const image = imageIn(offer, id);
  const build = buildIn(image, name);
  return build.pinned === pinned ? offer : withMark(offer, image, build, { pinned });
}

/**
 * The offer in which `attester` has signed the build.
 * @throws CooperError 'image-not-found', 'build-not-found'
 */
export function withAttestation(offer: Offer, id: ImageId, name: string, attester: string): Offer {
  const image = imageIn(offer, id);
  const build = buildIn(image, name);
  if (build.attestations.includes(attester)) return offer;
  return withMark(offer, image, build, { attestations: [...build.attestations, attester].sort() });
}

/**
 * The offer with the image's end of life set, or taken back when undefined.
 * @throws CooperError 'image-not-found'
 */
export function withEndOfLife(offer: Offer, id: ImageId, endOfLife: string | undefined): Offer {
  const image = imageIn(offer, id);
  return image.endOfLife === endOfLife ? offer : withImage(offer, { ...image, endOfLife });
}

/**
 * The offer without the image: the one way in which its last known good leaves.
 * @throws CooperError 'image-not-found'
 */
export function withoutImage(offer: Offer, id: ImageId): Offer {
  const image = imageIn(offer, id);
  return new Map([...offer].filter(([, each]) => each !== image));
}

/** The image of that name. Throws 'image-not-found'. */
export function imageIn(offer: Offer, id: ImageId): OfferedImage {
  const image = offer.get(imageName(id));
  if (image !== undefined) return image;
  throw new CooperError('image-not-found', { what: `${imageName(id)} is not published here` });
}

function withImage(offer: Offer, image: OfferedImage): Offer {
  return new Map(offer).set(imageName(image), image);
}

function withMark(offer: Offer, image: OfferedImage, marked: OfferedBuild, mark: Partial<OfferedBuild>): Offer {
  const builds = image.builds.map((each) => (each === marked ? { ...each, ...mark } : each));
  return withImage(offer, { ...image, builds });
}

/** The build of that name. Throws 'build-not-found'. */
export function buildIn(image: OfferedImage, name: string): OfferedBuild {
  const build = image.builds.find((each) => each.build === name);
  if (build === undefined) throw noBuild(image, name);
  return build;
}

function noBuild(image: OfferedImage, name: string, channel?: string): CooperError {
  const lines = (channel === undefined ? image.builds : inChannel(image.builds, channel)).map(
    ({ build, channels }) => `it has ${build}, in ${channels.join(' and ')}`,
  );
  const where = channel === undefined ? '' : ` in ${channel}`;
  return new CooperError('build-not-found', { what: `${imageName(image)} has no build ${name}${where}`, lines });
}

function nothingBefore(image: OfferedImage, channel: string, newest: OfferedBuild | undefined): CooperError {
  const what =
    newest === undefined
      ? `${imageName(image)} has no build in ${channel}`
      : `${imageName(image)} ${newest.build} is all that ${channel} can have`;
  return new CooperError('nothing-to-roll-back', { what });
}

function withdrawn(image: OfferedImage, build: string): CooperError {
  return new CooperError('build-withdrawn', { what: `${imageName(image)} ${build} was rolled back` });
}
