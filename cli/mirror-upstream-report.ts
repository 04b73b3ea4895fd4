// What `cooper mirror` says of a run with a server without a catalog. Pure.

import type { FollowedUpstream, UpstreamForecast, UpstreamLag } from '../server/index.ts';
import { formatSpan } from './mirror-report.ts';
import { formatBytes } from './render.ts';

/** A line for each build that came, left or was refused, one for the generation, one for the server. */
export function upstreamText(followed: FollowedUpstream): string {
  const added = followed.builds.map(({ image, build }) => `${image} ${build}\n`);
  const removed = followed.removed.map((path) => `removed ${path}\n`);
  const refused = followed.refused.map(({ image, build, code, isKnown }) => {
    return `refused ${image} ${build}: ${code}${isKnown ? ', as before' : ''}\n`;
  });
  return `${[...added, ...removed, ...refused].join('')}${liveLine(followed)}\n${lagLine(followed.upstream)}\n`;
}

/** The same in one line, for a log. */
export function upstreamLine(followed: FollowedUpstream, now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z ${liveLine(followed)}; ${lagLine(followed.upstream)}\n`;
}

function liveLine({ serial, images, builds, bytes, refused, signatures, fingerprint }: FollowedUpstream): string {
  const traffic = `${formatBytes(bytes.fetched)} fetched, ${formatBytes(bytes.reused)} were here`;
  const without = refused.length === 0 ? '' : `, ${refused.length} refused`;
  if (serial === null) return `nothing is live${without}, ${traffic}`;
  const signed = signatures === 'own' ? 'signed anew' : `signed by ${fingerprint}`;
  return `generation ${serial} is live: ${images} images, ${signed}, ${builds.length} new builds${without}, ${traffic}`;
}

function lagLine({ protocol, newest, age }: UpstreamLag): string {
  const what = protocol === 'lxc' ? 'LXC index' : 'simplestreams';
  if (newest === null || age === null) return `server: ${what}`;
  return `server: ${what}, newest build ${newest}, ${formatSpan(age)} old`;
}

/** What a run would fetch: a line for each build, and the total. */
export function upstreamForecastText({ builds, bytes, unknown, leaving, space, upstream }: UpstreamForecast): string {
  const rows = builds.map(({ image, build, ...each }) => `${image} ${build}: ${amount(each)}\n`);
  const gone = leaving.map((path) => `leaves the index: ${path}\n`);
  const room = `up to ${formatBytes(space.needed)} on the disk, of which ${formatBytes(space.free)} may be used`;
  return `${[...rows, ...gone].join('')}${builds.length} builds, ${amount({ bytes, unknown })}; ${room}\n${lagLine(upstream)}\n`;
}

function amount({ bytes: { fetched, reused }, unknown }: Pick<UpstreamForecast, 'bytes' | 'unknown'>): string {
  const files = unknown === 1 ? 'a file' : `${unknown} files`;
  const more = unknown === 0 ? '' : ` and ${files} of unknown size`;
  return `${formatBytes(fetched)}${more} to fetch, ${formatBytes(reused)} are here`;
}
