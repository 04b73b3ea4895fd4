// The format of a tree: a number in <tree>/format, as a home folder has one. It grows when an older program would misread the tree or
// take something from it; such a tree is refused. Trees of the first versions have no such file, and the first format.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { renameDurably, writeDurably } from './files.ts';
import { treePaths } from './tree.ts';

const knownFormat = 1;

/**
 * Passes for a tree of a format that this version knows, also where there is none yet.
 * @throws CooperError 'tree-too-new'
 */
export async function requireKnownFormat(tree: string): Promise<void> {
  const found = (await formatOf(tree)) ?? knownFormat;
  if (found <= knownFormat) return;
  throw new CooperError('tree-too-new', { what: `${tree} has format ${found}, this version knows ${knownFormat}` });
}

/** Notes the format where nothing says it. Atomic. For whoever holds the lock. */
export async function markFormat(tree: string): Promise<void> {
  if ((await formatOf(tree)) !== undefined) return;
  const staged = join(treePaths(tree).staging, 'format');
  await rm(staged, { force: true });
  await writeDurably(staged, `${knownFormat}\n`);
  await renameDurably(staged, treePaths(tree).format);
}

/** Undefined also for a file without a number: nobody writes one that is cut off. */
async function formatOf(tree: string): Promise<number | undefined> {
  try {
    const format = Number.parseInt(await readFile(treePaths(tree).format, 'utf8'), 10);
    return Number.isNaN(format) ? undefined : format;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
