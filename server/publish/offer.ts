// What a publisher offers: every image with its builds, newest first. Pure: reads shards into it and writes them. What changes
// it is in offer-change.ts.

import type { z } from 'zod';
import { type BuildName, inChannel, type Shard, type shardSchema, stableChannel } from '../../image/index.ts';
import type { FileDigest } from '../../keys/digest.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';

/** One published build. `manifest` is the digest of its image.json, `path` as in the catalog. */
export interface OfferedBuild {
  readonly build: BuildName;
  readonly path: string;
  readonly manifest: FileDigest;
  /** Sorted, never none. */
  readonly channels: readonly string[];
  readonly pinned: boolean;
  /** Fingerprints of others who have signed its image.json; sorted. */
  readonly attestations: readonly string[];
}

/** One image; never without a build. */
export interface OfferedImage extends ImageId {
  readonly title: string;
  /** Version of the release, where the builds tell it. */
  readonly releaseVersion?: string | undefined;
  readonly builds: readonly OfferedBuild[];
  /** Names of builds that were rolled back, sorted. */
  readonly withdrawn: readonly BuildName[];
  /** ISO time. */
  readonly endOfLife?: string | undefined;
}

/** All images by name. */
export type Offer = ReadonlyMap<string, OfferedImage>;

/** The offer that shards describe. */
export function offerOfShards(shards: readonly Shard[]): Offer {
  const images = shards.flatMap(({ distribution, images }) => images.map((image) => ({ distribution, ...image })));
  return new Map(images.map((image) => [imageName(image), image]));
}

/** Paths of all builds. */
export function pathsOf(offer: Offer): ReadonlySet<string> {
  return new Set([...offer.values()].flatMap(({ builds }) => builds.map(({ path }) => path)));
}

/** The channels that have builds, `stable` first, also when it has none; the others in order of name. */
export function channelsOf(offer: Offer): readonly string[] {
  const all = new Set([...offer.values()].flatMap(({ builds }) => builds.flatMap(({ channels }) => channels)));
  all.delete(stableChannel);
  return [stableChannel, ...[...all].sort()];
}

/** What a client of the channel sees first of an image; undefined when no build is in it. */
export function newestIn({ builds }: OfferedImage, channel: string): OfferedBuild | undefined {
  return inChannel(builds, channel)[0];
}

/**
 * The shards of an offer, distributions and images in order of name, so that the same offer gives the same bytes. What has its
 * default is left out, and a reader that knows no channels is kept from taking every build for a stable one.
 */
export function shardsOf(offer: Offer): z.input<typeof shardSchema>[] {
  const sorted = [...offer].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, image]) => image);
  return [...new Set(sorted.map(({ distribution }) => distribution))].map((distribution) => {
    const images = sorted.filter((image) => image.distribution === distribution);
    const apart = images.some(({ builds }) => inChannel(builds, stableChannel).length < builds.length);
    return {
      schemaVersion: 1 as const,
      critical: apart ? ['channels' as const] : [],
      kind: 'cooper.shard' as const,
      distribution,
      images: images.map(shardImage),
    };
  });
}

function shardImage(image: OfferedImage) {
  const { release, architecture, variant, title, releaseVersion, builds, withdrawn, endOfLife } = image;
  return {
    release,
    architecture,
    variant,
    title,
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
    builds: builds.map(({ build, path, manifest, channels, pinned, attestations }) => ({
      build,
      path,
      manifest,
      ...(channels.length === 1 && channels[0] === stableChannel ? {} : { channels: [...channels] }),
      ...(pinned ? { pinned } : {}),
      ...(attestations.length === 0 ? {} : { attestations: [...attestations] }),
    })),
    ...(withdrawn.length === 0 ? {} : { withdrawn: [...withdrawn] }),
    ...(endOfLife === undefined ? {} : { endOfLife }),
  };
}
