// The files of an image, wherever it is: from a publisher's server, from one without a catalog, from this machine.

import type { Traffic } from '../fetch/blocks.ts';
import { type FetchImageOptions, fetchImage } from '../fetch/image-files.ts';
import { deliverFiles } from '../local/deliver-files.ts';
import type { LocalImage } from '../local/open-local.ts';
import type { UpstreamImage } from '../upstream/choose-build.ts';
import { fetchUpstreamImage } from '../upstream/fetch-image.ts';
import type { ChosenImage } from '../verify/images.ts';
import { byCatalog, type Vouching } from '../verify/vouching.ts';

/** An image whose files can be had, and judged. */
export type ObtainableImage = ChosenImage | UpstreamImage | LocalImage;

/** What it took to have them, and what vouches for them. */
export interface Delivered {
  readonly traffic: Traffic;
  readonly vouching: Vouching;
}

/** Gets meta.tar.xz and an archive of the root filesystem, verified. Throws what the three of them throw. */
export async function deliverImage(image: ObtainableImage, options: FetchImageOptions): Promise<Delivered> {
  switch (image.kind) {
    case 'published':
      return { traffic: await fetchImage(image, options), vouching: byCatalog(image.publisher.fingerprint) };
    case 'upstream':
      return fetchUpstreamImage(image, options);
    case 'local':
      return { traffic: await deliverFiles(image, options), vouching: image.vouching };
  }
}
