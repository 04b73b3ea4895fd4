// Which builds of a server without a catalog are offered, and which one a name means. Pure.

import { CooperError } from '../../errors/index.ts';
import { stableChannel } from '../../image/index.ts';
import { debianArchitecture, imageName, nearMatches } from '../../variants/identity.ts';
import type { Threshold } from '../verify/attestations.ts';
import { pickFingerprint } from '../verify/find-fingerprint.ts';
import { findImage } from '../verify/find-image.ts';
import { type ImageFilter, matchesFilter, type WantedImage } from '../verify/image-name.ts';
import type { OpenedUpstream } from './open-upstream.ts';
import type { UpstreamBuild } from './upstream-build.ts';

/** A build whose files can be fetched. */
export interface UpstreamImage {
  readonly kind: 'upstream';
  readonly upstream: OpenedUpstream;
  readonly build: UpstreamBuild;
  /** It was asked for by its fingerprint, which its files have to give then. */
  readonly byFingerprint: boolean;
}

type Offering = Pick<OpenedUpstream, 'server' | 'builds' | 'odd'>;

/** The images that match, each in its newest build, sorted by name. Throws `image-not-found` for a channel: there are none. */
export function listUpstream(upstream: Offering, channel: string, filter: ImageFilter = {}): readonly UpstreamBuild[] {
  requireStable(upstream, channel);
  return newestOf(upstream.builds)
    .filter((build) => matchesFilter(inOurWords(build), filter))
    .sort((one, other) => (imageName(one) < imageName(other) ? -1 : 1));
}

/**
 * The build that is wanted: by name the newest.
 * @throws CooperError `image-not-found` with near names and what could not be taken, `attestations-missing` where several publishers
 *   have to have signed
 */
export function chooseBuild(
  upstream: OpenedUpstream,
  wanted: WantedImage,
  { channel, threshold }: { readonly channel: string; readonly threshold?: Threshold | undefined },
): UpstreamImage {
  requireStable(upstream, channel);
  if (threshold !== undefined) {
    throw new CooperError('attestations-missing', {
      what: `${upstream.server.href} has no signatures of several publishers, as trust.threshold asks for`,
    });
  }
  const byFingerprint = wanted.kind === 'fingerprint';
  const build = byFingerprint
    ? pickFingerprint([...upstream.builds], wanted.prefix)
    : findImage(newestOf(upstream.builds).flatMap(twice), wanted.readings)?.build;
  if (build === undefined) throw notFound(upstream, wanted);
  return { kind: 'upstream', upstream, build, byFingerprint };
}

/** The build under its own name, and under that of Debian for its architecture. */
function twice(build: UpstreamBuild) {
  const { distribution, release, architecture, variant } = build;
  const id = { distribution, release, architecture, variant };
  return [
    { ...id, build },
    { ...inOurWords(id), build },
  ];
}

function inOurWords<T extends { readonly architecture: string }>(image: T): T {
  return { ...image, architecture: debianArchitecture(image.architecture) ?? image.architecture };
}

/** Names of builds are times. */
function newestOf(builds: readonly UpstreamBuild[]): UpstreamBuild[] {
  const newest = new Map<string, UpstreamBuild>();
  for (const build of builds) {
    const before = newest.get(imageName(build));
    if (before === undefined || before.build < build.build) newest.set(imageName(build), build);
  }
  return [...newest.values()];
}

function requireStable({ server }: Pick<Offering, 'server'>, channel: string): void {
  if (channel === stableChannel) return;
  throw new CooperError('image-not-found', {
    what: `${server.href} has no channels`,
    next: 'Leave --channel out.',
  });
}

function notFound({ server, builds, odd }: Offering, wanted: WantedImage): CooperError {
  if (wanted.kind === 'fingerprint') {
    return new CooperError('image-not-found', {
      what: `${server.href} has no build of the fingerprint ${wanted.prefix}`,
    });
  }
  const names = [...new Set(builds.map(imageName))];
  const near = [...new Set(wanted.readings.flatMap((id) => nearMatches(imageName(id), names, 5)))].slice(0, 5);
  // As simplestreams has the name.
  const keys = wanted.readings.map((id) => imageName(id).replaceAll('/', ':'));
  return new CooperError('image-not-found', {
    what: `${server.href} has no image ${imageName(wanted.id)}`,
    lines: [
      ...odd.filter((sentence) => keys.some((key) => sentence.includes(`"${key}"`))).slice(0, 3),
      ...(near.length === 0 ? [] : ['it has:', ...near.map((each) => `  ${each}`)]),
    ],
  });
}
