// What the shards of a publisher offer in a channel. Pure.

import { type BuildName, inChannel, type Shard } from '../../image/index.ts';
import type { FileDigest } from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';

/** One image that a publisher offers, in its newest build in a channel. */
export interface OfferedImage extends ImageId {
  readonly title: string;
  /** Version of the release, where the builds tell it. */
  readonly releaseVersion?: string | undefined;
  readonly build: BuildName;
  /** Folder of the build relative to the server, with a trailing slash. */
  readonly path: string;
  /** Of image.json. */
  readonly manifest: FileDigest;
  /** How many builds are offered in the channel. */
  readonly builds: number;
  /** ISO time from which on it gets no more updates. */
  readonly endOfLife?: string | undefined;
}

/** The images of a shard in their newest builds. */
export function offeredBy(shard: Shard, channel: string): OfferedImage[] {
  return shard.images.flatMap((image) => {
    const [newest] = inChannel(image.builds, channel);
    return newest === undefined ? [] : [offered(shard, image, newest, channel)];
  });
}

/** All builds of the images of a shard. */
export function buildsIn(shard: Shard, channel: string): OfferedImage[] {
  return shard.images.flatMap((image) =>
    inChannel(image.builds, channel).map((build) => offered(shard, image, build, channel)),
  );
}

type ShardImage = Shard['images'][number];

function offered(shard: Shard, image: ShardImage, build: ShardImage['builds'][number], channel: string): OfferedImage {
  const { release, architecture, variant, title, releaseVersion, endOfLife } = image;
  return {
    distribution: shard.distribution,
    release,
    architecture,
    variant,
    title,
    releaseVersion,
    build: build.build,
    path: build.path,
    manifest: build.manifest,
    builds: inChannel(image.builds, channel).length,
    endOfLife,
  };
}
