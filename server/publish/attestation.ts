// Where the signatures of others over an image.json stand, and whose there are. Pure.

import type { Offer, OfferedPaths } from './offer.ts';

/** The one folder inside that of a build: signatures of others, which come when the build is published already. */
export const attestationsName = 'attestations';

/** Path of a signature, relative to the tree; `folder` is that of the build. */
export function attestationPath(folder: string, attester: string): string {
  return `${folder}${attestationsName}/${attester}.asc`;
}

/** Path of a certificate, relative to the root of a generation. */
export function certificatePath(fingerprint: string): string {
  return `keys/${fingerprint}.asc`;
}

/** Paths of all signatures of others. */
export function attestationPathsOf(offer: OfferedPaths): ReadonlySet<string> {
  const builds = [...offer.values()].flatMap(({ builds }) => builds);
  return new Set(
    builds.flatMap(({ path, attestations }) => attestations.map((attester) => attestationPath(path, attester))),
  );
}

/** Whose signatures the builds on offer have, in order of fingerprint. */
export function attestersOf(offer: Offer): readonly string[] {
  const all = [...offer.values()].flatMap(({ builds }) => builds.flatMap(({ attestations }) => attestations));
  return [...new Set(all)].sort();
}
