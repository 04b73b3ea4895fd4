// cooper cache: what the home keeps so that work need not be done again, and how to make it smaller.

import { join } from 'node:path';
import { BlockCache } from '../../image/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { formatBytes } from '../render.ts';
import { sizeOf } from '../size.ts';

/** Shows what there is. */
export async function info(context: CommandContext): Promise<number> {
  const { path, cache } = blocksOf(context);
  const blocks = cache.info();
  printResult(context, { blocks: { ...blocks, directory: path } }, blockLine(blocks, path));
  return 0;
}

/** Removes compressed blocks, those used longest ago first, down to a size. */
export async function prune(context: CommandContext, options: { readonly to?: string }): Promise<number> {
  const limit = sizeOf('--to', options.to ?? '0');
  const { cache } = blocksOf(context);
  const removed = cache.prune(limit);
  printResult(context, { removed }, `removed ${removed.blocks} blocks, ${formatBytes(removed.bytes)}\n`);
  return 0;
}

function blocksOf({ home }: CommandContext): { readonly path: string; readonly cache: BlockCache } {
  const path = join(home.cache, 'blocks');
  return { path, cache: new BlockCache(path) };
}

function blockLine({ blocks, bytes }: { readonly blocks: number; readonly bytes: number }, path: string): string {
  return `blocks: ${blocks}, ${formatBytes(bytes)} in ${path}\n`;
}
