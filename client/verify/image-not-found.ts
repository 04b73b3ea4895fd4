// What to say of an image that a publisher does not offer: where else it is, and what is near. Pure.

import { CooperError } from '../../errors/index.ts';
import type { Shard } from '../../image/index.ts';
import { type ImageId, imageName, nearMatches } from '../../variants/identity.ts';
import { releasesOf } from './find-image.ts';
import type { WantedImage } from './image-name.ts';
import { type OfferedImage, offeredBy } from './offered.ts';

/** `image-not-found`; `shards` are all that the server has. */
export function imageNotFound(
  server: string,
  shards: readonly Shard[],
  wanted: WantedImage,
  channel: string,
): CooperError {
  if (wanted.kind === 'fingerprint') {
    const what = `${server} has no build of the fingerprint ${wanted.prefix} in the channel ${channel}`;
    return new CooperError('image-not-found', { what });
  }
  const { id, readings } = wanted;
  const images = shards.flatMap((shard) => offeredBy(shard, channel));
  const near = nearNames(readings, images);
  return new CooperError('image-not-found', {
    what: `${server} has no image ${imageName(id)} in the channel ${channel}`,
    lines: [
      ...reasons(id, readings, shards, images),
      ...(near.length === 0 ? [] : ['it has:', ...near.map((each) => `  ${each}`)]),
    ],
  });
}

/** A version stands for its release here: spelt alike are only names. */
function nearNames(readings: readonly ImageId[], images: readonly OfferedImage[]): string[] {
  const names = images.map(imageName);
  const near = readings.flatMap((id) => {
    const [release = id.release] = releasesOf(images, id);
    return nearMatches(imageName({ ...id, release }), names, 5);
  });
  return [...new Set(near)].slice(0, 5);
}

/** Why a name means none of the images in a channel, where it can be said. */
function reasons(
  id: ImageId,
  readings: readonly ImageId[],
  shards: readonly Shard[],
  images: readonly OfferedImage[],
): string[] {
  const elsewhere = shards.flatMap(({ distribution, images: all }) =>
    all
      .filter((image) => readings.some((each) => imageName(each) === imageName({ distribution, ...image })))
      .flatMap(({ builds }) => builds.flatMap(({ channels }) => channels)),
  );
  const releases = releasesOf(images, id);
  return [
    ...[...new Set(elsewhere)].sort().map((other) => `it is in the channel ${other}: --channel ${other}`),
    ...(releases.length > 1 ? [`several releases go by ${id.release}: ${releases.join(', ')}`] : []),
  ];
}
