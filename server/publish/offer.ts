// What a publisher offers: every image with its builds, newest first. Pure: reads shards into it, adds builds to it.

import type { BuildName, Manifest, Shard } from '../../image/index.ts';
import type { FileDigest } from '../../keys/digest.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { buildFolder } from './tree.ts';

/** One published build. `manifest` is the digest of its image.json, `path` as in the catalog. */
export interface OfferedBuild {
  readonly build: BuildName;
  readonly path: string;
  readonly manifest: FileDigest;
}

/** One image; never without a build. */
export interface OfferedImage extends ImageId {
  readonly title: string;
  readonly builds: readonly OfferedBuild[];
}

/** All images by name. */
export type Offer = ReadonlyMap<string, OfferedImage>;

/** The offer that shards describe. */
export function offerOfShards(shards: readonly Shard[]): Offer {
  const images = shards.flatMap(({ distribution, images }) => images.map((image) => ({ distribution, ...image })));
  return new Map(images.map((image) => [imageName(image), image]));
}

/** The offer with one more build. The title of an image is that of its newest build. */
export function withBuild(offer: Offer, manifest: Manifest, digest: FileDigest): Offer {
  const { distribution, release, architecture, variant, build } = manifest;
  const id = { distribution, release, architecture, variant };
  const before = offer.get(imageName(id));
  const added = { build, path: buildFolder(id, build), manifest: digest };
  const builds = [added, ...(before?.builds ?? [])].sort((a, b) => (a.build < b.build ? 1 : -1));
  const title = before === undefined || builds[0] === added ? manifest.title : before.title;
  return new Map(offer).set(imageName(id), { ...id, title, builds });
}

/** The shards of an offer, distributions and images in order of name, so that the same offer gives the same bytes. */
export function shardsOf(offer: Offer): Shard[] {
  const sorted = [...offer].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, image]) => image);
  return [...new Set(sorted.map(({ distribution }) => distribution))].map((distribution) => ({
    schemaVersion: 1 as const,
    critical: [],
    kind: 'cooper.shard' as const,
    distribution,
    images: sorted
      .filter((image) => image.distribution === distribution)
      .map(({ release, architecture, variant, title, builds }) => ({
        release,
        architecture,
        variant,
        title,
        builds: [...builds],
      })),
  }));
}
