// Which of a publisher's images a typed name means. Pure.

import type { ImageId } from '../../variants/identity.ts';

/** An image that a name can mean. */
type Candidate = ImageId & { readonly releaseVersion?: string | undefined };

/**
 * The image that the first reading with one means: releases by name go before releases by version, and a version that several
 * releases have means none of them, as in the aliases for LXD.
 */
export function findImage<T extends Candidate>(images: readonly T[], readings: readonly ImageId[]): T | undefined {
  return (
    firstOf(readings, (id) => images.find((image) => isSame(image, id) && image.release === id.release)) ??
    firstOf(readings, (id) => byVersion(images, id))
  );
}

/** The releases that go by a version, sorted; several make it mean none. */
export function releasesOf(images: readonly Candidate[], { distribution, release: version }: ImageId): string[] {
  const going = images.filter(
    (image) => image.distribution === distribution && (image.release === version || image.releaseVersion === version),
  );
  return [...new Set(going.map(({ release }) => release))].sort();
}

function byVersion<T extends Candidate>(images: readonly T[], id: ImageId): T | undefined {
  const [release, ...others] = releasesOf(images, id);
  if (release === undefined || others.length > 0) return undefined;
  return images.find((image) => isSame(image, id) && image.release === release);
}

/** But for the release. */
function isSame(one: ImageId, other: ImageId): boolean {
  return (
    one.distribution === other.distribution && one.architecture === other.architecture && one.variant === other.variant
  );
}

function firstOf<T>(readings: readonly ImageId[], find: (id: ImageId) => T | undefined): T | undefined {
  for (const id of readings) {
    const found = find(id);
    if (found !== undefined) return found;
  }
  return undefined;
}
