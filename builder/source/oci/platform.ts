// Which of the manifests of an index is for an architecture. Pure. Names of architectures are ours outside, Go's inside
// (OCI image specification, image-index.md, "platform").

import type { Descriptor, Platform } from './documents.ts';

/** In the words of Go; `variants`: those that do, the best first. One that is not named is taken for the first. */
interface Wanted {
  readonly architecture: string;
  readonly variants: readonly string[];
}

const ofDebian: Readonly<Record<string, Wanted>> = {
  amd64: { architecture: 'amd64', variants: ['v1'] },
  arm64: { architecture: 'arm64', variants: ['v8'] },
  armhf: { architecture: 'arm', variants: ['v7'] },
  armel: { architecture: 'arm', variants: ['v5'] },
  i386: { architecture: '386', variants: [] },
  ppc64el: { architecture: 'ppc64le', variants: [] },
  mips64el: { architecture: 'mips64le', variants: [] },
  mipsel: { architecture: 'mipsle', variants: [] },
};

function wantedOf(architecture: string): Wanted {
  return ofDebian[architecture] ?? { architecture, variants: [] };
}

/** Whether an image for `platform` is one for our `architecture`. */
export function fits(platform: Platform, architecture: string): boolean {
  const wanted = wantedOf(architecture);
  if (platform.os !== 'linux' || platform.architecture !== wanted.architecture) return false;
  // Go takes arm without a variant for v7.
  if (!platform.variant) return architecture !== 'armel';
  return wanted.variants.includes(platform.variant);
}

/**
 * The manifest for our `architecture`, the first where there are several. One that says no platform is taken only where it is the only one;
 * what it is for is then judged by its configuration.
 */
export function chooseManifest(manifests: readonly Descriptor[], architecture: string): Descriptor | undefined {
  const [only, ...others] = manifests;
  if (only !== undefined && only.platform === undefined && others.length === 0) return only;
  return manifests.find(({ platform }) => platform !== undefined && fits(platform, architecture));
}

/** `linux/arm/v7`, for people. */
export function shownPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** What we look for, likewise. */
export function wantedPlatform(architecture: string): string {
  const wanted = wantedOf(architecture);
  const [variant] = architecture === 'amd64' ? [] : wanted.variants;
  return shownPlatform({
    os: 'linux',
    architecture: wanted.architecture,
    ...(variant === undefined ? {} : { variant }),
  });
}
