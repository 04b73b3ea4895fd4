// Decides which builds stay on offer, which leave the index, and whose files go. Pure: no disk, no clock. The newest build of an
// image in each channel, the last known good, never leaves.

import { inChannel, timeOfBuild } from '../../image/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import type { Offer, OfferedBuild, OfferedImage } from './offer.ts';

/** What stays: the newest `keep` of an image in each channel, and what is younger than `days`. Neither given: everything. */
export interface RetentionRule {
  readonly keep?: number | undefined;
  readonly days?: number | undefined;
}

/** The rule of images that no other is for, and those of some: the first that matches counts, over what the general one says. */
export interface RetentionPolicy extends RetentionRule {
  /** How long the files of a build stay after it has left the index. Hours. */
  readonly grace: number;
  readonly images: readonly (RetentionRule & { readonly match: Partial<ImageId> })[];
}

/** By folder as in the catalog: since when it is off the index. */
export type Departed = ReadonlyMap<string, Date>;

/** Everything that is decided upon. */
export interface RetentionCase {
  readonly offer: Offer;
  /** Builds that are on the disk and not in `offer`. */
  readonly departed: Departed;
  /** Undefined: nothing is ever removed. */
  readonly policy: RetentionPolicy | undefined;
  readonly now: Date;
}

/** `keep`: stays on offer; `leave`: leaves the index now; `wait`: has left it, files stay until `filesGo`; `remove`: files go now. */
export type Fate = 'keep' | 'leave' | 'wait' | 'remove';

/** What becomes of one build, and a clause that says why. */
export interface Decision {
  readonly image: string;
  readonly build: string;
  /** As in the catalog. */
  readonly path: string;
  /** None when it is off the index. */
  readonly channels: readonly string[];
  readonly fate: Fate;
  readonly reason: string;
  /** When the files go; only of builds off the index, and only when there is a policy. */
  readonly filesGo?: Date;
}

const hour = 3600 * 1000;
const day = 24 * hour;

/** A decision for every build: images in order of name, newest build first; then what is off the index, in order of path. */
export function decideRetention({ offer, departed, policy, now }: RetentionCase): Decision[] {
  const images = [...offer].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, image]) => image);
  return [
    ...images.flatMap((image) => image.builds.map((build) => decideOffered(image, build, policy, now))),
    ...[...departed]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, since]) => decideDeparted(path, since, policy, now)),
  ];
}

/** Folders whose grace is over. */
export function dueFolders(departed: Departed, grace: number, now: Date): string[] {
  return [...departed].filter(([, since]) => graceEnd(since, grace).getTime() <= now.getTime()).map(([path]) => path);
}

function decideOffered(
  image: OfferedImage,
  offered: OfferedBuild,
  policy: RetentionPolicy | undefined,
  now: Date,
): Decision {
  const { build, path, channels } = offered;
  const known = { image: imageName(image), build, path, channels };
  if (policy === undefined) return { ...known, fate: 'keep', reason: 'no retention is set' };
  const rule = ruleFor(policy, image);
  const reason = keptBecause(image, offered, rule, now);
  if (reason !== undefined) return { ...known, fate: 'keep', reason };
  return { ...known, fate: 'leave', reason: limits(rule, offered), filesGo: graceEnd(now, policy.grace) };
}

/** The first reason to keep it; undefined when there is none. */
function keptBecause(image: OfferedImage, build: OfferedBuild, rule: RetentionRule, now: Date): string | undefined {
  const places = build.channels.map((channel) => ({ channel, place: inChannel(image.builds, channel).indexOf(build) }));
  const at = (wanted: (place: number) => boolean) => places.find(({ place }) => wanted(place))?.channel;
  const newest = at((place) => place === 0);
  if (newest !== undefined) return `the newest in ${newest}, the last known good`;
  if (build.pinned) return 'pinned';
  const before = at((place) => place === 1);
  if (before !== undefined && !isOver(image, now)) return `what a rollback of ${before} leads to`;
  const { keep, days } = rule;
  if (keep === undefined && days === undefined) return 'nothing limits how many there are';
  const among = at((place) => place < (keep ?? 0));
  if (among !== undefined) return `among the ${keep} newest in ${among}`;
  const age = now.getTime() - (timeOfBuild(build.build)?.getTime() ?? 0);
  return age < (days ?? 0) * day ? `younger than ${counted(days ?? 0, 'day')}` : undefined;
}

function limits({ keep, days }: RetentionRule, { channels }: OfferedBuild): string {
  const parts = [
    ...(keep === undefined
      ? []
      : [`not ${keep === 1 ? 'the' : `among the ${keep}`} newest in ${channels.join(' or ')}`]),
    ...(days === undefined ? [] : [`not younger than ${counted(days, 'day')}`]),
  ];
  return parts.join(', ');
}

function decideDeparted(path: string, since: Date, policy: RetentionPolicy | undefined, now: Date): Decision {
  const [, image = '', build = ''] = /^images\/(.+)\/([^/]+)\/$/.exec(path) ?? [];
  const known = { image, build, path, channels: [] };
  const left = `off the index since ${shortTime(since)}`;
  if (policy === undefined) return { ...known, fate: 'wait', reason: `${left}; no retention is set` };
  const filesGo = graceEnd(since, policy.grace);
  const fate = filesGo.getTime() <= now.getTime() ? 'remove' : 'wait';
  return { ...known, fate, reason: `${left}, with a grace of ${counted(policy.grace, 'hour')}`, filesGo };
}

function ruleFor({ keep, days, images }: RetentionPolicy, image: OfferedImage): RetentionRule {
  const own = images.find(({ match }) => {
    return (Object.entries(match) as [keyof ImageId, string][]).every(([part, value]) => image[part] === value);
  });
  return { keep: own?.keep ?? keep, days: own?.days ?? days };
}

const isOver = ({ endOfLife }: OfferedImage, now: Date) =>
  endOfLife !== undefined && Date.parse(endOfLife) <= now.getTime();

const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;

const graceEnd = (since: Date, grace: number) => new Date(since.getTime() + grace * hour);

/** `2026-02-01 12:00 UTC`. */
export function shortTime(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
