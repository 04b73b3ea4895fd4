// What `cooper build` asks of the builder for images of one release and architecture: options, settings, environment and the
// home's tree put together.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type BuildRequest,
  type LayerMode,
  layerModes,
  parseAllowances,
  type RootPlace,
  readLockFile,
  rootPlaces,
} from '../builder/index.ts';
import { CooperError } from '../errors/index.ts';
import type { Transport } from '../fetch/index.ts';
import { parseChannel } from '../image/index.ts';
import { nextBuildName } from '../server/index.ts';
import { imageName, type ResolvedImage } from '../variants/index.ts';
import type { CommandContext } from './context.ts';
import { keepBuild, placeOf, publishBuild } from './delivery.ts';
import { bootChoice, publishedBaseline } from './gate.ts';
import { PublishedBuilds } from './published-build.ts';
import { readSettings } from './settings.ts';
import { sourceAccess } from './source-access.ts';
import { version } from './version.ts';

/** Options that decide what is built of what, and where to. */
export interface BuildingOptions {
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly out?: string;
  readonly publish: boolean;
  readonly locked?: string;
  readonly force?: boolean;
  readonly changed?: boolean;
  readonly failIfUnchanged?: boolean;
  readonly layers: string;
  readonly roots: string;
  readonly keep?: boolean;
  readonly allow?: readonly string[];
  readonly bootGate?: string;
  readonly channel?: string;
}

/** What is built already is left out unless it has to be there as files. Throws `bad-usage`, `lock-malformed`, `output-exists`, `tree-damaged`. */
export async function buildRequest(
  context: CommandContext,
  images: readonly ResolvedImage[],
  options: BuildingOptions,
  transport: Transport,
): Promise<BuildRequest> {
  const { home, signal } = context;
  // Not the start of the program: with many images that may be hours ago, and archives sign in between.
  const now = new Date();
  const epoch = sourceDateEpoch(context.env);
  const published = options.out === undefined && options.publish;
  const outside = options.out === undefined ? home.finished : resolve(options.out);
  const channel = parseChannel(options.channel);
  const asked = await Promise.all(
    images.map(async (image) => {
      const baseline = await publishedBaseline(home.tree, image, channel);
      const build = await nextBuildName(home.tree, image, now);
      return { image, build, ...(baseline === undefined ? {} : { baseline }) };
    }),
  );
  if (!published) {
    for (const { image, build } of asked) requireFree(placeOf(outside, { ...image, build }));
  }
  return {
    images: asked,
    buildsDir: home.builds,
    cacheDir: home.cache,
    seenDir: home.seenArchives,
    transport,
    mirrors: mirrorsFor(context, images[0]?.distribution ?? '', options),
    ...sourceAccess(context),
    ...(options.locked === undefined ? {} : { lock: await readLockFile(options.locked) }),
    ...(epoch === undefined ? {} : { epoch }),
    allowances: parseAllowances(options.allow ?? []),
    layers: layerMode(options.layers),
    roots: rootPlace(options),
    gate: { boot: bootChoice(options.bootGate), env: context.env },
    builderVersion: version,
    now,
    report: context.report,
    signal,
    reuse: reuseFrom(new PublishedBuilds(home.tree, channel), options, published),
    deliver: (_image, manifest, folder, stages) =>
      published
        ? publishBuild(context, folder, channel, stages)
        : keepBuild(context, placeOf(outside, manifest), folder, stages),
  };
}

// Who asks for files in a folder gets them, unless only a change counts.
function reuseFrom(builds: PublishedBuilds, options: BuildingOptions, published: boolean): BuildRequest['reuse'] {
  if (options.force === true || !(published || options.failIfUnchanged === true || options.changed === true))
    return async () => undefined;
  return async (image, inputs) => {
    const newest = await builds.newest(image);
    return newest?.manifest.inputs === inputs ? newest : undefined;
  };
}

/** Refuses a place where something is. Throws `output-exists`. */
export function requireFree(place: string): void {
  if (existsSync(place)) throw new CooperError('output-exists', { what: `the folder ${place} exists already` });
}

function layerMode(text: string): LayerMode {
  const mode = layerModes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new CooperError('bad-usage', { what: `--layers ${text}: expected ${layerModes.join(', ')}` });
}

function rootPlace({ roots: text, keep }: Pick<BuildingOptions, 'roots' | 'keep'>): RootPlace {
  const place = rootPlaces.find((known) => known === text);
  if (place === undefined) {
    throw new CooperError('bad-usage', { what: `--roots ${text}: expected ${rootPlaces.join(', ')}` });
  }
  if (place !== 'memory' || keep !== true) return place;
  throw new CooperError('bad-usage', { what: 'a kept workspace lies on disk: --keep does not go with --roots memory' });
}

/** Flags go before cooper.yaml; the host's own sources and the definition come after both (builder/source). */
export function mirrorsFor(
  context: CommandContext,
  distribution: string,
  options: Pick<BuildingOptions, 'mirror' | 'securityMirror'>,
): { readonly main?: string; readonly security?: string } {
  const settings = readSettings(context.home).mirrors[distribution];
  const main = options.mirror ?? settings?.main;
  const security = options.securityMirror ?? settings?.security;
  return { ...(main === undefined ? {} : { main }), ...(security === undefined ? {} : { security }) };
}

/** SOURCE_DATE_EPOCH as seconds since 1970. Throws `bad-usage`. */
export function sourceDateEpoch(env: NodeJS.ProcessEnv): number | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new CooperError('bad-usage', { what: `SOURCE_DATE_EPOCH is not a number of seconds: ${text}` });
}

/** Images of one release and architecture are built in one run: they share what lies below them. Each image once. */
export function groupsOf(images: readonly ResolvedImage[]): readonly (readonly ResolvedImage[])[] {
  const groups = new Map<string, ResolvedImage[]>();
  for (const image of new Map(images.map((each) => [imageName(each), each])).values()) {
    const key = join(image.distribution, image.release, image.architecture);
    groups.set(key, [...(groups.get(key) ?? []), image]);
  }
  return [...groups.values()];
}
