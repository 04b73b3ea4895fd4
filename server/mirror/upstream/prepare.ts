// Before anything large is fetched: which files the wanted builds have, how large they are, what of them is here, whether there is room.

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addressBelow, type Traffic, type UpstreamBuild } from '../../../client/index.ts';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { fetchSize, together } from '../../../fetch/index.ts';
import { treePaths } from '../../publish/tree.ts';
import { freeBytes, type Space } from '../space.ts';
import { type FileFetching, filesOf, requireBearable, type WantedFile } from './fetch-files.ts';
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
 * Asks for sizes that no document tells. `metadata`: whether those of LXD are wanted.
 * @throws CooperError 'origin-incomplete', 'download-too-large'; what fetchSize throws
 */
export async function prepareBuild(
  tree: string,
  build: UpstreamBuild,
  metadata: boolean,
  fetching: FileFetching,
): Promise<PreparedBuild> {
  const folder = join(treePaths(tree).fetching, workFolderName(fetching.server.href, build));
  const works = filesOf(build, metadata).map((file) => (signal: AbortSignal) => sized(file, { ...fetching, signal }));
  const files = (await together(fetching.signal, works)).flatMap((file) => file ?? []);
  let [reused, all] = [0, 0];
  for (const { name, size = 0 } of files) {
    const there = await bytesOf(join(folder, name), join(folder, `.${name}.part`));
    reused += Math.min(there, size);
    all += size;
  }
  const unknown = files.filter(({ size }) => size === undefined).length;
  return { build, folder, files, bytes: { fetched: all - reused, reused }, unknown };
}

async function sized(file: WantedFile, { server, transport, signal }: FileFetching): Promise<WantedFile | undefined> {
  const address = addressBelow(server, file.path).href;
  try {
    const size = file.size ?? (await fetchSize(address, { transport, signal }));
    requireBearable(file.name, size, address);
    return { ...file, size };
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'not-found-on-server')) throw error;
    if (file.isOptional) return undefined;
    throw new CooperError('origin-incomplete', {
      what: `${address} is not there, although it is listed`,
      cause: error,
    });
  }
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
