// cooper cache: what the home keeps so that work need not be done again, and how to make it smaller.

import { join } from 'node:path';
import type { StoreKind } from '../../builder/index.ts';
import { type CachedImage, cachedImages, type Pruned, pruneImages } from '../../client/index.ts';
import { BlockCache, type BlockCacheInfo } from '../../image/index.ts';
import { cacheLimits, daysOf, keptFiles, policyText } from '../cache-limits.ts';
import { type CommandContext, printResult } from '../context.ts';
import { formatBytes } from '../render.ts';
import { sizeOf } from '../size.ts';
import { pruneSources, replaceable, sourcesOf } from '../source-cache.ts';

/** Shows what there is. */
export async function info(context: CommandContext): Promise<number> {
  const { path, cache } = blocksOf(context);
  const blocks = cache.info();
  const { imageCache: directory } = context.home;
  const limits = await cacheLimits(context.home);
  const images = await cachedImages(keptFiles(context.home));
  const bytes = sum(images);
  const sources = await sourcesOf(context.home);
  const document = {
    blocks: { ...blocks, directory: path },
    images: {
      directory,
      bytes,
      limits: { expiry: daysOf(limits.expiry), size: limits.size },
      builds: images.map(entry),
    },
    sources: sources.document,
  };
  const head = `images: ${images.length}, ${formatBytes(bytes)} in ${directory} (${policyText(limits)})\n`;
  printResult(context, document, `${blockLine(blocks, path)}${head}${images.map(line).join('')}${sources.text}`);
  return 0;
}

interface PruneOptions {
  readonly to?: string;
  readonly images?: boolean;
  readonly blocks?: boolean;
  readonly sources?: boolean;
  readonly fetched?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Removes what was used longest ago. Without a size all blocks go, which are made again, and of images and sources, which have to be
 * fetched again, what the settings do not want to have kept. What cannot be had again goes only when it is asked for.
 */
export async function prune(context: CommandContext, options: PruneOptions): Promise<number> {
  const size = options.to === undefined ? undefined : sizeOf('--to', options.to);
  const dryRun = options.dryRun === true;
  const wanted = wantedOf(options);
  const { cache } = blocksOf(context);
  const removed = wanted.blocks ? cache.prune(size ?? 0, undefined, dryRun) : undefined;
  const images = wanted.images ? await pruneOwn(context, size, dryRun) : undefined;
  const sources = wanted.stores.length > 0 ? await pruneSources(context, wanted.stores, size, dryRun) : undefined;
  const document = {
    dryRun,
    ...(removed === undefined ? {} : { removed }),
    ...(images === undefined
      ? {}
      : { images: { removed: images.removed.map(entry), inUse: images.stayed.map(entry) } }),
    ...(sources === undefined ? {} : { sources: sources.document }),
  };
  const verb = dryRun ? 'would remove' : 'removed';
  const text = [
    removed === undefined ? '' : `${verb} ${removed.blocks} blocks, ${formatBytes(removed.bytes)}\n`,
    images === undefined ? '' : imageText(images, verb),
    sources?.text ?? '',
  ];
  printResult(context, document, text.join(''));
  return 0;
}

interface Wanted {
  readonly blocks: boolean;
  readonly images: boolean;
  readonly stores: readonly StoreKind[];
}

function wantedOf({ images, blocks, sources, fetched }: PruneOptions): Wanted {
  const all = ![images, blocks, sources, fetched].includes(true);
  return {
    blocks: all || blocks === true,
    images: all || images === true,
    stores: [...(all || sources === true ? replaceable : []), ...(fetched === true ? (['fetched'] as const) : [])],
  };
}

async function pruneOwn({ home, now }: CommandContext, size: number | undefined, dryRun: boolean): Promise<Pruned> {
  const limits = await cacheLimits(home);
  return pruneImages(keptFiles(home), size === undefined ? limits : { ...limits, size }, now.getTime(), dryRun);
}

function imageText({ removed, stayed }: Pruned, verb: string): string {
  const head = `${verb} ${removed.length} images, ${formatBytes(sum(removed))}\n`;
  const busy = stayed.map((image) => `stays, in use or not to be removed by this user: ${title(image)}\n`);
  return `${head}${removed.map(line).join('')}${busy.join('')}`;
}

function blocksOf({ home }: CommandContext): { readonly path: string; readonly cache: BlockCache } {
  const path = join(home.cache, 'blocks');
  return { path, cache: new BlockCache(path) };
}

function blockLine({ blocks, bytes }: BlockCacheInfo, path: string): string {
  return `blocks: ${blocks}, ${formatBytes(bytes)} in ${path}\n`;
}

function entry({ image, build, bytes, used, files }: CachedImage) {
  return { image: image ?? null, build: build ?? null, bytes, used: new Date(used).toISOString(), files };
}

function line(image: CachedImage): string {
  const used = new Date(image.used).toISOString().slice(0, 16).replace('T', ' ');
  return `  ${title(image)}  ${formatBytes(image.bytes)}  used ${used}\n`;
}

/** Of what no manifest names: an unfinished download, or one of an earlier version. */
function title({ image, build, files }: CachedImage): string {
  return image === undefined ? files.join(' ') : `${image} ${build ?? ''}`;
}

function sum(images: readonly CachedImage[]): number {
  return images.reduce((total, { bytes }) => total + bytes, 0);
}
