// Whether there is room for what a mirror wants, before it is fetched. Blocks that are here already are copied, so a build takes its
// whole size on the disk however few of its bytes are fetched.

import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { Manifest } from '../../image/index.ts';
import { expectedNames } from '../publish/check-build.ts';
import type { WantedBuild } from './plan.ts';

/** Bytes that builds take, and that are there for them. */
export interface Space {
  readonly needed: number;
  readonly free: number;
}

/** What file systems give out at a time: bytes. Signatures take one each. */
const unit = 4096;

/** The most that the files of a build take. Pure. */
export function bytesOnDisk({ manifest }: Pick<WantedBuild, 'manifest'>, contents: Manifest): number {
  const sizes = [...Object.values(contents.files).map(({ size }) => size), manifest.size];
  const unsigned = expectedNames(contents).size - sizes.length;
  return sizes.reduce((sum, size) => sum + Math.ceil(size / unit) * unit, unsigned * unit);
}

/** What is left for others: a fiftieth of the file system, a gigabyte at most. Pure. */
function reserveOf(total: number): number {
  return Math.min(1e9, Math.ceil(total / 50));
}

/** Bytes that may be taken on the file system of the tree, which need not be there yet. */
export async function freeBytes(tree: string): Promise<number> {
  try {
    const { bavail, blocks, bsize } = await statfs(tree);
    return Math.max(0, bavail * bsize - reserveOf(blocks * bsize));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return freeBytes(dirname(tree));
  }
}

/** Bytes that the files in a folder take; none without the folder. */
export async function bytesIn(folder: string): Promise<number> {
  try {
    const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
    return files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** @throws CooperError `no-space` with both figures */
export function requireSpace(tree: string, { needed, free }: Space): void {
  if (needed <= free) return;
  throw new CooperError('no-space', {
    what: `the new builds take up to ${needed} bytes, and only ${free} may be used where ${tree} lies`,
    next: 'Free some space, mirror less (--dist, --release, --arch, --variant), or put the home folder elsewhere with --home.',
  });
}
