// Names of builds: `YYYYMMDD_HH:MM`, UTC, the first free minute from now on. A name that was ever seen is not given again.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { BuildName } from '../../image/index.ts';
import { type Shard, shardSchema } from '../../image/index.ts';
import type { ImageId } from '../../variants/identity.ts';
import { imageFolder, treePaths } from './tree.ts';

/** The name of a build that begins at `date`. Pure. */
export function buildNameAt(date: Date): BuildName {
  const [day, time] = date.toISOString().split('T');
  return `${day?.replaceAll('-', '')}_${time?.slice(0, 5)}` as BuildName;
}

/** The first minute from `now` on whose name is not taken. Pure. */
export function firstFreeBuildName(taken: ReadonlySet<string>, now: Date): BuildName {
  for (let minute = now.getTime(); ; minute += 60_000) {
    const name = buildNameAt(new Date(minute));
    if (!taken.has(name)) return name;
  }
}

/**
 * The name for the next build of an image: free on disk, in the live generation and in the older ones that are still there.
 * Reserves nothing: when two builds get the same name, the second one to be published fails with 'build-exists'.
 * @throws CooperError 'tree-damaged'
 */
export async function nextBuildName(tree: string, id: ImageId, now: Date): Promise<BuildName> {
  const { generations } = treePaths(tree);
  const taken = new Set(await names(join(tree, imageFolder(id))));
  for (const generation of await names(generations)) {
    const shards = join(generations, generation, 'cooper/v1/shards');
    for (const shard of await names(shards)) {
      for (const build of await buildsOf(join(shards, shard), id)) taken.add(build);
    }
  }
  return firstFreeBuildName(taken, now);
}

async function buildsOf(shardFile: string, id: ImageId): Promise<string[]> {
  const { distribution, images } = await readShard(shardFile);
  if (distribution !== id.distribution) return [];
  return images
    .filter((image) => image.release === id.release && image.architecture === id.architecture)
    .filter((image) => image.variant === id.variant)
    .flatMap((image) => image.builds.map(({ build }) => build));
}

async function readShard(file: string): Promise<Shard> {
  try {
    return shardSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new CooperError('tree-damaged', { what: `${file} is not a readable shard`, cause });
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
