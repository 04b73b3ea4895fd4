// What a run of the mirror would fetch, without one: catalog, shards and manifests are read, and the tree stays as it is. Signatures,
// whose sizes nothing tells, are not counted; they are a few kilobytes a build.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Publisher, partialBytes, type Traffic, whileItMoves } from '../../client/index.ts';
import { isSystemError } from '../../errors/index.ts';
import { createStages, type StageReport } from '../../events/index.ts';
import { requestedBytes } from '../../fetch/index.ts';
import { type Manifest, type SegmentedArchive, type SegmentPlace, segmentedArchives } from '../../image/index.ts';
import { type ImageId, imageName } from '../../variants/identity.ts';
import type { Offer } from '../publish/offer.ts';
import { readPublished } from '../publish/published.ts';
import { treePaths } from '../publish/tree.ts';
import { type Lag, lagOf, staleNotice } from './lag.ts';
import { lookUpManifest } from './manifest.ts';
import { type MirrorRequest, mostAttempts } from './mirrored.ts';
import type { WantedBuild } from './plan.ts';
import { bytesIn, bytesOnDisk, freeBytes, type Space } from './space.ts';
import { openOrigin, surveyOrigin } from './survey.ts';
import { areRelated, blocksOfTree } from './tree-blocks.ts';

/** What a run would do. */
export interface MirrorForecast {
  /** Of the generation that would be live. */
  readonly serial: number;
  readonly images: number;
  readonly builds: readonly ForecastBuild[];
  /** All of them. */
  readonly bytes: Traffic;
  /** The most that they take on the disk, and what may be used of it. */
  readonly space: Space;
  readonly lag: Lag;
}

/** One build, and what would be fetched of it. */
interface ForecastBuild {
  readonly image: string;
  readonly build: string;
  readonly path: string;
  readonly bytes: Traffic;
}

/**
 * The trust folder is written as by every reader of a catalog.
 * @throws CooperError as mirror does before it fetches builds, but for 'no-space'
 */
export async function forecastMirror(tree: string, request: MirrorRequest): Promise<MirrorForecast> {
  const stages = createStages(request.report, request.signal);
  const open = () => openOrigin(request, stages);
  const use = (origin: Publisher) => stages.run('plan', (report) => forecast(tree, origin, { ...request, report }));
  return whileItMoves(open, use, mostAttempts);
}

async function forecast(
  tree: string,
  origin: Publisher,
  { selection, now, report }: Pick<MirrorRequest, 'selection' | 'now'> & { readonly report: StageReport },
): Promise<MirrorForecast> {
  const { catalog } = origin;
  const previous = await readPublished(tree, origin.certificate);
  const { wanted, offer } = await surveyOrigin(tree, origin, previous, { selection, onNotice: report.notice });
  const planned = new PlannedBlocks();
  const builds: ForecastBuild[] = [];
  let needed = 0;
  for (const build of wanted) {
    report.progress(builds.length, wanted.length, 'items');
    const folder = join(treePaths(tree).fetching, build.manifest.sha256);
    const { contents, fetched } = await lookUpManifest(folder, build, origin);
    const bytes = await forecastBuild(build, contents, {
      tree,
      present: previous?.offer ?? new Map(),
      folder,
      planned,
    });
    planned.add(build, contents);
    needed += Math.max(0, bytesOnDisk(build, contents) - (await bytesIn(folder)));
    const { build: name, path } = build;
    builds.push({ image: imageName(build), build: name, path, bytes: sumOf([bytes, { fetched, reused: 0 }]) });
  }
  const { serial } = catalog;
  const before = previous?.serial ?? null;
  const lag = lagOf(catalog, { before, after: before, now });
  const stale = staleNotice(lag);
  if (stale !== undefined) report.notice(stale);
  return {
    serial,
    images: offer.size,
    builds,
    bytes: sumOf(builds.map(({ bytes }) => bytes)),
    space: { needed, free: await freeBytes(tree) },
    lag,
  };
}

/** Where its bytes may be. */
interface Places {
  readonly tree: string;
  readonly present: Offer;
  /** What an interrupted run has left of it. */
  readonly folder: string;
  readonly planned: PlannedBlocks;
}

async function forecastBuild(wanted: WantedBuild, contents: Manifest, places: Places): Promise<Traffic> {
  const here = await blocksOfTree(wanted, { ...places, fetched: [] });
  const has = async (segment: SegmentPlace) =>
    places.planned.has(wanted, segment) || (await here.find(segment)) !== undefined;
  const archives = segmentedArchives(contents);
  try {
    const files = Object.entries(contents.files).map(async ([name, { size }]) => {
      const file = join(places.folder, name);
      if (await isThere(file, size)) return { fetched: 0, reused: size };
      const archive = archives.find((each) => each.file === name);
      return archive === undefined ? { fetched: size, reused: 0 } : forecastArchive(archive, file, has);
    });
    return sumOf(await Promise.all(files));
  } finally {
    await here.close();
  }
}

async function forecastArchive(
  { segments, digest }: SegmentedArchive,
  file: string,
  has: (segment: SegmentPlace) => Promise<boolean>,
): Promise<Traffic> {
  const begun = await partialBytes(file);
  const missing: SegmentPlace['block'][] = [];
  let reused = 0;
  for (const segment of segments) {
    if (await has(segment)) reused += segment.block.size;
    else missing.push(segment.block);
  }
  return { fetched: Math.max(0, requestedBytes(missing, digest.size) - begun), reused };
}

/** Files have their names only once they are whole and right. */
async function isThere(file: string, size: number): Promise<boolean> {
  try {
    return (await stat(file)).size === size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Blocks of the builds that would have been fetched by then: of each image those of the last one. */
class PlannedBlocks {
  readonly #images = new Map<string, { readonly image: ImageId; readonly blocks: ReadonlySet<string> }>();

  add(image: ImageId, contents: Manifest): void {
    const blocks = segmentedArchives(contents).flatMap(({ segments }) => segments.map(({ block }) => block.sha256));
    this.#images.set(imageName(image), { image, blocks: new Set(blocks) });
  }

  has(wanted: ImageId, { block }: Pick<SegmentPlace, 'block'>): boolean {
    return [...this.#images.values()].some(
      ({ image, blocks }) => areRelated(image, wanted) && blocks.has(block.sha256),
    );
  }
}

function sumOf(all: readonly Traffic[]): Traffic {
  return all.reduce((sum, { fetched, reused }) => ({ fetched: sum.fetched + fetched, reused: sum.reused + reused }), {
    fetched: 0,
    reused: 0,
  });
}
