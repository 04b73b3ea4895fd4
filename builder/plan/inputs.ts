// The digest of everything that decides the bytes of an image: when it is that of a published build, building again would
// give that build again. Dates of the archive's indices are not in it: they move several times a day. Pure.

import { type Sha256, sha256Of } from '../../keys/index.ts';
import type { ResolvedImage } from '../../variants/index.ts';
import type { LayerPlan } from './layers.ts';

/** Grows when what a build makes of the same inputs changes in a way that the version of the program does not tell. */
const inputsFormat = 2;

/** Settings of one run that change the bytes. `epoch`: SOURCE_DATE_EPOCH when the user set it. */
export interface BuildSettings {
  readonly builderVersion: string;
  readonly epoch?: number | undefined;
}

/** Everything that the definition says of the image. */
export function definitionDigest(image: ResolvedImage): Sha256 {
  return sha256Of(JSON.stringify(image));
}

/** The definition, the packages by their digests, and the settings. */
export function inputsDigest(image: ResolvedImage, layers: readonly LayerPlan[], settings: BuildSettings): Sha256 {
  const top = layers.at(-1)?.key;
  const { builderVersion, epoch = null } = settings;
  return sha256Of(JSON.stringify([inputsFormat, builderVersion, epoch, definitionDigest(image), top]));
}
