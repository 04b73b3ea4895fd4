// cooper cache: what the home keeps so that work need not be done again, and how to make it smaller.

import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { BlockCache } from '../../image/index.ts';
import { type CommandContext, printResult } from '../context.ts';
import { formatBytes } from '../render.ts';

/** Shows what there is. */
export async function info(context: CommandContext): Promise<number> {
  const { path, cache } = blocksOf(context);
  const blocks = cache.info();
  printResult(context, { blocks: { ...blocks, directory: path } }, blockLine(blocks, path));
  return 0;
}

/** Removes compressed blocks, those used longest ago first, down to a size. */
export async function prune(context: CommandContext, options: { readonly to?: string }): Promise<number> {
  const limit = sizeOf(options.to ?? '0');
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

const units: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** `500M`, `2G`: powers of 1000. */
function sizeOf(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)B?$/i.exec(text) ?? [];
  const factor = units[unit.toUpperCase()];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new CooperError('bad-usage', { what: `--to ${text}: expected a size such as 500M or 2G` });
}
