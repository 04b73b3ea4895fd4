// What a mirror has to fetch of a server without a catalog, and what it has to give up. Pure.

import { keyOf, type UpstreamBuild } from '../../../client/index.ts';
import { isSelected, type Selection, timeOfBuild } from '../../../image/index.ts';
import { debianArchitecture, type ImageId, imageName } from '../../../variants/identity.ts';
import type { Offer } from '../../publish/offer.ts';
import { buildFolder } from '../../publish/tree.ts';
import type { UpstreamLag } from './request.ts';

/** The builds of images that are in the selection; architectures count by Debian's names, whatever the server calls them. */
export function selectedBuilds<Build extends ImageId>(builds: readonly Build[], selection: Selection): Build[] {
  return builds.filter((build) => {
    const { architecture } = build;
    return isSelected(selection, { ...build, architecture: debianArchitecture(architecture) ?? architecture });
  });
}

/** The first build that lies elsewhere than its name says, as a sentence; undefined when none does. */
export function misplacedBuild(builds: readonly UpstreamBuild[]): string | undefined {
  const odd = builds.find(({ folder, build, ...image }) => folder !== buildFolder(image, build));
  return odd && `${keyOf(odd)} is said to be at ${odd.folder}, not at ${buildFolder(odd, odd.build)}`;
}

/** What of the tree is this server's, and what became of its builds before. */
export interface Adopted {
  readonly offer: Offer;
  /** Paths of the builds on offer that came from this server. */
  readonly ours: ReadonlySet<string>;
  /** Paths of all that were ever taken: what the operator has removed since is not fetched again. */
  readonly taken: ReadonlySet<string>;
  /** Paths of what was refused for its content. */
  readonly refused: ReadonlySet<string>;
}

/** What is to be done. */
export interface AdoptionPlan {
  /** Oldest first. */
  readonly wanted: readonly UpstreamBuild[];
  /** Builds of others whose names are taken here, for people. */
  readonly conflicts: readonly string[];
}

/** `listed`: what the server has of what is selected. */
export function planAdoption(listed: readonly UpstreamBuild[], { offer, ours, taken, refused }: Adopted): AdoptionPlan {
  const present = new Set([...offer.values()].flatMap(({ builds }) => builds.map(({ path }) => path)));
  const withdrawn = new Set(
    [...offer.values()].flatMap((image) => image.withdrawn.map((build) => buildFolder(image, build))),
  );
  const wanted: UpstreamBuild[] = [];
  const conflicts: string[] = [];
  for (const build of listed) {
    const path = buildFolder(build, build.build);
    if (present.has(path)) {
      if (!ours.has(path)) conflicts.push(keyOf(build));
    } else if (!taken.has(path) && !refused.has(path) && !withdrawn.has(path)) wanted.push(build);
  }
  return {
    wanted: wanted.sort((one, other) => (one.build < other.build ? -1 : 1)),
    conflicts,
  };
}

/**
 * Paths of what the server has given up, when the builds `coming` are taken. Pinned builds stay, and the last one of an image that the server still has when none of the builds that
 * it lists is or will be here: an image that clients use does not go because its newest build was refused.
 */
export function leavingPaths(
  listed: readonly UpstreamBuild[],
  { offer, ours }: Pick<Adopted, 'offer' | 'ours'>,
  coming: readonly UpstreamBuild[],
): ReadonlySet<string> {
  const named = new Set(listed.map((build) => buildFolder(build, build.build)));
  const images = new Set(listed.map(imageName));
  const renewed = new Set(coming.map(imageName));
  const leaving = new Set<string>();
  for (const [name, image] of offer) {
    const gone = image.builds.filter(({ path, pinned }) => ours.has(path) && !named.has(path) && !pinned);
    const isEmptied = gone.length === image.builds.length && images.has(name) && !renewed.has(name);
    for (const { path } of isEmptied ? gone.slice(1) : gone) leaving.add(path);
  }
  return leaving;
}

/** How old the newest of the builds is. */
export function lagOfUpstream(
  builds: readonly UpstreamBuild[],
  { server, protocol }: Pick<UpstreamLag, 'server' | 'protocol'>,
  now: Date,
): UpstreamLag {
  const newest =
    builds
      .map(({ build }) => build)
      .sort()
      .at(-1) ?? null;
  const time = newest === null ? undefined : timeOfBuild(newest);
  const age = time === undefined ? null : Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
  return { server, protocol, newest, age };
}
