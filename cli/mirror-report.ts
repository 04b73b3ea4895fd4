// What `cooper mirror` says of a run. Pure.

import type { CooperError } from '../errors/index.ts';
import type { Lag, MirroredGeneration, MirrorForecast } from '../server/index.ts';
import { formatBytes } from './render.ts';

/** What became of a run: as one document, for people, in one line of a log. */
export interface MirrorOutcome {
  readonly document: unknown;
  readonly text: string;
  readonly line: string;
  /** What did not end the run. */
  readonly failures: readonly CooperError[];
  readonly status: number;
}

/** What a run has brought and removed: a line for each build, one for the generation, one for the origin. */
export function mirroredText(mirrored: MirroredGeneration): string {
  const added = mirrored.builds.map(({ image, build }) => `${image} ${build}\n`);
  const removed = mirrored.removed.map((path) => `removed ${path}\n`);
  return `${[...added, ...removed].join('')}${liveLine(mirrored)}\n${lagLine(mirrored.lag)}\n`;
}

/** The same in one line, for a log. */
export function mirroredLine(mirrored: MirroredGeneration, now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z ${liveLine(mirrored)}; ${lagLine(mirrored.lag)}\n`;
}

function liveLine({ serial, images, builds, bytes }: MirroredGeneration): string {
  const traffic = `${formatBytes(bytes.fetched)} fetched, ${formatBytes(bytes.reused)} were here`;
  return `generation ${serial} is live: ${images} images, ${builds.length} new builds, ${traffic}`;
}

function lagLine({ origin, before, age, left }: Lag): string {
  const here = before === null ? 'nothing was here before' : `${before} was here before`;
  return `origin: generation ${origin.serial}, ${formatSpan(age)} old, expires in ${formatSpan(left)}; ${here}`;
}

/** What a run would fetch: a line for each build, and the total. */
export function forecastText({ builds, bytes, space, serial, lag }: MirrorForecast): string {
  const rows = builds.map(
    ({ image, build, bytes: { fetched, reused } }) =>
      `${image} ${build}: ${formatBytes(fetched)} to fetch, ${formatBytes(reused)} are here\n`,
  );
  const total = `${builds.length} builds, ${formatBytes(bytes.fetched)} to fetch, ${formatBytes(bytes.reused)} are here`;
  const room = `up to ${formatBytes(space.needed)} on the disk, of which ${formatBytes(space.free)} may be used`;
  return `${rows.join('')}generation ${serial}: ${total}; ${room}\n${lagLine(lag)}\n`;
}

/** A span of seconds for people, in the largest unit of which there are two: `36 hours`, `3 days`. */
export function formatSpan(seconds: number): string {
  const [size, unit] = units.find(([each]) => seconds >= 2 * each) ?? [1, 'seconds'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const units = [
  [24 * 3600, 'days'],
  [3600, 'hours'],
  [60, 'minutes'],
] as const;
