// A build of a server that speaks the protocols of images.linuxcontainers.org. Pure. What is read there is nobody's word: names and
// paths are taken only in a form that can neither leave the server nor the folder that they are put into.

import { type BuildName, buildNameSchema, nameSchema } from '../../image/index.ts';
import type { Sha256 } from '../../keys/digest.ts';
import type { ImageId } from '../../variants/identity.ts';

/** A file of the server. What its documents say of it is as good as they are. */
export interface UpstreamFile {
  /** Relative to the root of the server. */
  readonly path: string;
  readonly size?: number | undefined;
  readonly sha256?: Sha256 | undefined;
}

/** What a server says of one build. */
export interface UpstreamBuild extends ImageId {
  readonly build: BuildName;
  /** For people; undefined where the protocol has none. */
  readonly title: string | undefined;
  /** Relative to the root of the server, with a trailing slash. */
  readonly folder: string;
  readonly rootfs: UpstreamFile;
  /** Metadata for LXD and Incus. */
  readonly lxd: UpstreamFile | undefined;
  /** Fingerprint of the image in LXD: SHA-256 over the metadata and rootfs.tar.xz, one after the other. */
  readonly combined: Sha256 | undefined;
  /** The LXC index names it, so that there is a meta.tar.xz too. */
  readonly inIndex: boolean;
}

/** What a document of a server lists, and what of it could not be taken, a sentence each. */
export interface Listing {
  readonly builds: readonly UpstreamBuild[];
  readonly odd: readonly string[];
}

/** The names of a build, when all can be those of one here. */
export function readNames(
  parts: readonly (string | undefined)[],
): (ImageId & { readonly build: BuildName }) | undefined {
  const [distribution, release, architecture, variant, build] = parts;
  const names = [distribution, release, architecture, variant].map((part) => nameSchema.safeParse(part));
  const parsed = buildNameSchema.safeParse(build);
  if (!parsed.success || names.some(({ success }) => !success)) return undefined;
  const [d = '', r = '', a = '', v = ''] = names.map(({ data }) => data);
  return { distribution: d, release: r, architecture: a, variant: v, build: parsed.data };
}

const mostParts = 16;
const longestPath = 512;

/** A path below the root of the server, without the slashes at its beginning; undefined for one that may lead elsewhere. */
export function readPath(text: string): string | undefined {
  const parts = text.split('/').filter((part) => part !== '');
  const fine = parts.every((part) => /^[a-z0-9+:_~][a-z0-9+.:_~-]*$/i.test(part));
  if (!fine || parts.length === 0 || parts.length > mostParts || text.length > longestPath || text.includes('://')) {
    return undefined;
  }
  return parts.join('/');
}

/** Both listings: what the LXC index and the products have of one build comes together. */
export function mergeBuilds(
  index: readonly UpstreamBuild[],
  products: readonly UpstreamBuild[],
): readonly UpstreamBuild[] {
  const builds = new Map(index.map((build) => [keyOf(build), build]));
  for (const build of products) {
    const listed = builds.get(keyOf(build));
    // Another folder for the same name would be another build: what has digests counts.
    const inIndex = listed !== undefined && listed.folder === build.folder;
    builds.set(keyOf(build), { ...build, inIndex });
  }
  return [...builds.values()];
}

/** `dist/release/arch/variant build`. */
export function keyOf({ distribution, release, architecture, variant, build }: ImageId & { build: string }): string {
  return `${distribution}/${release}/${architecture}/${variant} ${build}`;
}
