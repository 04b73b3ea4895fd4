// cooper cache: what the home keeps so that work need not be done again, and how to make it smaller.

import { join } from 'node:path';
import { type CachedImage, cachedImages, type Pruned, pruneImages } from '../../client/index.ts';
import { BlockCache, type BlockCacheInfo } from '../../image/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { cacheLimits, keptFiles } from '../image-cache.ts';
import { formatBytes } from '../render.ts';
import { sizeOf } from '../size.ts';

/** Shows what there is. */
export async function info(context: CommandContext): Promise<number> {
  const { path, cache } = blocksOf(context);
  const blocks = cache.info();
  const { imageCache: directory } = context.home;
  const limits = await cacheLimits(context.home);
  const images = await cachedImages(keptFiles(context.home));
  const bytes = sum(images);
  const document = {
    blocks: { ...blocks, directory: path },
    images: { directory, bytes, limits: { expiry: days(limits.expiry), size: limits.size }, builds: images.map(entry) },
  };
  const policy = `unused for ${days(limits.expiry)} days they go, and so does what is beyond ${formatBytes(limits.size)}`;
  const head = `images: ${images.length}, ${formatBytes(bytes)} in ${directory} (${policy})\n`;
  printResult(context, document, `${blockLine(blocks, path)}${head}${images.map(line).join('')}`);
  return 0;
}

interface PruneOptions {
  readonly to?: string;
  readonly images?: boolean;
  readonly blocks?: boolean;
  readonly dryRun?: boolean;
}

/**
 * Removes what was used longest ago. Without a size all blocks go, which are made again, and of the images, which have to be fetched
 * again, what the settings do not want to have kept.
 */
export async function prune(context: CommandContext, options: PruneOptions): Promise<number> {
  const size = options.to === undefined ? undefined : sizeOf('--to', options.to);
  const dryRun = options.dryRun === true;
  const both = options.images === options.blocks;
  const { cache } = blocksOf(context);
  const removed = both || options.blocks === true ? cache.prune(size ?? 0, undefined, dryRun) : undefined;
  const images = both || options.images === true ? await pruneOwn(context, size, dryRun) : undefined;
  const document = {
    dryRun,
    ...(removed === undefined ? {} : { removed }),
    ...(images === undefined
      ? {}
      : { images: { removed: images.removed.map(entry), inUse: images.stayed.map(entry) } }),
  };
  const verb = dryRun ? 'would remove' : 'removed';
  const text = [
    removed === undefined ? '' : `${verb} ${removed.blocks} blocks, ${formatBytes(removed.bytes)}\n`,
    images === undefined ? '' : imageText(images, verb),
  ];
  printResult(context, document, text.join(''));
  return 0;
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

const days = (milliseconds: number) => milliseconds / (24 * 3600 * 1000);
