// Before anything large is fetched: which files the wanted builds have, how large they are, what of them is here, whether there is room.

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FileFetching,
  sizedFiles,
  type Traffic,
  type UpstreamBuild,
  type WantedFile,
} from '../../../client/index.ts';
import { isSystemError } from '../../../errors/index.ts';
import { treePaths } from '../../publish/tree.ts';
import { freeBytes, type Space } from '../space.ts';
import { workFolderName } from './memory.ts';

/** A build that is to be fetched. */
export interface PreparedBuild {
  readonly build: UpstreamBuild;
  /** Where it comes together. */
  readonly folder: string;
  /** With their sizes, where the server tells them; what it does not have and need not have is left out. */
  readonly files: readonly WantedFile[];
  /** To be fetched, and here from an earlier run. */
  readonly bytes: Traffic;
  /** Files of which nobody tells how large they are. */
  readonly unknown: number;
}

/**
 * `metadata`: whether the files for LXD are wanted. Throws what sizedFiles throws.
 */
export async function prepareBuild(
  tree: string,
  build: UpstreamBuild,
  metadata: boolean,
  fetching: FileFetching,
): Promise<PreparedBuild> {
  const folder = join(treePaths(tree).fetching, workFolderName(fetching.server.href, build));
  const files = await sizedFiles(build, metadata, fetching);
  let [reused, all] = [0, 0];
  for (const { name, size = 0 } of files) {
    const there = await bytesOf(join(folder, name), join(folder, `.${name}.part`));
    reused += Math.min(there, size);
    all += size;
  }
  const unknown = files.filter(({ size }) => size === undefined).length;
  return { build, folder, files, bytes: { fetched: all - reused, reused }, unknown };
}

/** What the builds take, and what may be used. Signatures and documents, some kilobytes a build, are counted generously. */
export async function spaceFor(tree: string, builds: readonly PreparedBuild[]): Promise<Space> {
  const needed = builds.reduce((sum, { bytes }) => sum + bytes.fetched + documentBytes, 0);
  return { needed, free: await freeBytes(tree) };
}

const documentBytes = 256 * 1024;

/** Removes what earlier runs have left of builds that nobody wants any more. */
export async function keepWork(tree: string, builds: readonly Pick<PreparedBuild, 'folder'>[]): Promise<void> {
  const { fetching } = treePaths(tree);
  const kept = new Set(builds.map(({ folder }) => folder));
  try {
    for (const name of await readdir(fetching)) {
      if (!kept.has(join(fetching, name))) await rm(join(fetching, name), { recursive: true });
    }
    if (kept.size === 0) await rm(fetching, { recursive: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

async function bytesOf(...paths: readonly string[]): Promise<number> {
  for (const path of paths) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return 0;
}
