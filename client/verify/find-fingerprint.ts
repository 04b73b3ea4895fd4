// The build that LXD shows under a fingerprint. The list for LXD only says where to look: what is found there counts when the signed
// manifest has the fingerprint, so that the list of a mirror of a part, for which nobody vouches, does as well.

import { CooperError } from '../../errors/index.ts';
import { fetchBytes } from '../../fetch/index.ts';
import { channelRoot, type Manifest } from '../../image/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import { readProducts } from '../upstream/simplestreams.ts';
import type { UpstreamBuild } from '../upstream/upstream-build.ts';
import type { Publisher } from './publisher.ts';
import { addressBelow } from './server-address.ts';

const listLimit = 64 << 20;

/**
 * The build of a channel whose fingerprint begins so; undefined when the list has none.
 * @throws CooperError `image-not-found` for several fingerprints and for a server without such a list, `upstream-invalid`, what fetchBytes throws
 */
export async function findFingerprint(
  { server, transport, signal }: Publisher,
  prefix: string,
  channel: string,
): Promise<UpstreamBuild | undefined> {
  const address = addressBelow(server, `${channelRoot(channel)}streams/v1/images.json`).href;
  const text = await fetchList(address, { transport, signal });
  return pickFingerprint(readProducts(text, address).builds, prefix);
}

/** Of builds with one fingerprint, which have the same bytes, the newest of the first image. Throws `image-not-found` for several. */
export function pickFingerprint(builds: readonly UpstreamBuild[], prefix: string): UpstreamBuild | undefined {
  const fitting = builds.filter(({ combined }) => combined?.startsWith(prefix));
  const order = (one: UpstreamBuild, other: UpstreamBuild) =>
    compare(imageName(one), imageName(other)) || compare(other.build, one.build);
  const sorted = fitting.sort(order);
  if (new Set(sorted.map(({ combined }) => combined)).size < 2) return sorted[0];
  throw new CooperError('image-not-found', {
    what: `several fingerprints begin with ${prefix}`,
    lines: sorted.map((each) => `  ${each.combined}  ${imageName(each)} ${each.build}`),
    next: 'Give more of its digits.',
  });
}

const compare = (one: string, other: string) => (one === other ? 0 : one < other ? -1 : 1);

/** Refuses a build that the list has under a fingerprint which is not its own. Throws `signed-document-invalid`. */
export function refuseOtherFingerprint(
  { fingerprint }: Manifest,
  prefix: string,
  image: ImageId & { readonly build: string },
): void {
  if (fingerprint?.startsWith(prefix) === true) return;
  throw new CooperError('signed-document-invalid', {
    what: `the server lists ${imageName(image)} ${image.build} under ${prefix}, and its signed fingerprint is ${fingerprint ?? 'not there'}`,
  });
}

async function fetchList(address: string, fetching: Pick<Publisher, 'transport' | 'signal'>): Promise<string> {
  try {
    return (await fetchBytes(address, { ...fetching, limit: listLimit })).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof CooperError && cause.code === 'not-found-on-server')) throw cause;
    throw new CooperError('image-not-found', {
      what: `${address} is not there, so that no image can be found by its fingerprint`,
      next: 'Name the image DIST/RELEASE[/ARCH[/VARIANT]]; see what there is with `cooper list`.',
      cause,
    });
  }
}
