// Which of the archives of an image is fetched, and what this machine has of them already.

import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { hasZstd, type SegmentedArchive, type SegmentPlace } from '../../image/index.ts';
import { cachedArchives, LocalBlocks } from './local-blocks.ts';

/** Where blocks may be. */
export interface LocalSources {
  /** `<home>/cache/images`; exists. */
  readonly cacheDir: string;
  /** Nothing of the cache is used. */
  readonly flushCache: boolean;
  /** Archives of the user's. */
  readonly seeds: readonly string[];
  readonly onNotice: (message: string) => void;
}

/** Opens all of them. Close it when done. Throws `bad-usage` for a seed that cannot be opened. */
export async function openLocalBlocks({ cacheDir, flushCache, seeds, onNotice }: LocalSources): Promise<LocalBlocks> {
  const here = new LocalBlocks();
  try {
    if (!flushCache) for (const file of await cachedArchives(cacheDir)) await addCached(here, file);
    for (const seed of seeds) await addSeed(here, seed, onNotice);
    return here;
  } catch (error) {
    await here.close();
    throw error;
  }
}

/** Another process may remove it meanwhile; one that is damaged has nothing to give. */
async function addCached(here: LocalBlocks, file: string): Promise<void> {
  try {
    await here.add(file);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'EACCES')) throw error;
  }
}

async function addSeed(here: LocalBlocks, seed: string, notice: (message: string) => void): Promise<void> {
  try {
    const useless = await here.add(path.resolve(seed));
    if (useless !== undefined) notice(`the seed ${seed} is of no use: ${useless}`);
  } catch (error) {
    throw new CooperError('bad-usage', {
      what: `the seed ${seed} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      next: 'Name a rootfs.tar.xz or rootfs.tar.zst of an earlier build with --seed, or leave --seed out',
    });
  }
}

// rootfs.tar.zst is some 7 percent larger and takes a tenth of the time to decode. Where the other archive is here already, for the
// most part, its missing blocks are less than that.
const worthDecoding = 1.125;

/** An archive, and bytes that an interrupted run has left of it. */
export interface ArchiveOffer {
  readonly archive: SegmentedArchive;
  readonly begun: number;
}

/** The archive to fetch: the one that is decoded faster, unless it takes many more bytes. Undefined when there is none with a table. */
export function chooseArchive(
  offers: readonly ArchiveOffer[],
  here: Pick<LocalBlocks, 'mayHave'>,
  zstd = hasZstd(),
): SegmentedArchive | undefined {
  const [xz, zst] = (['xz', 'zst'] as const).map((name) => offers.find(({ archive }) => archive.encoding === name));
  if (xz === undefined || zst === undefined || !zstd) return xz?.archive;
  const missing = ({ archive, begun }: ArchiveOffer) => Math.max(0, missingBytes(archive.segments, here) - begun);
  return missing(zst) <= missing(xz) * worthDecoding ? zst.archive : xz.archive;
}

/** Bytes of blocks that are not here. */
function missingBytes(segments: readonly SegmentPlace[], here: Pick<LocalBlocks, 'mayHave'>): number {
  return segments.reduce((sum, segment) => (here.mayHave(segment) ? sum : sum + segment.block.size), 0);
}
