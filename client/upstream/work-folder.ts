// Where the files of one build of a server without a catalog come together, below the cache: what an interrupted run left is taken up, by
// one run at a time. What was judged lies in the cache under its digest, like every archive there; of which digests it was is noted
// beside, so that the next run can judge the same files again instead of fetching them.

import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../../errors/index.ts';
import { fileDigestSchema } from '../../image/index.ts';
import { type FileDigest, sha256Of } from '../../keys/index.ts';
import type { ServerUrl } from '../verify/server-address.ts';
import { readRecord, withTrustLock, writeRecord } from '../verify/trust-folder.ts';
import { keyOf, type UpstreamBuild } from './upstream-build.ts';

/** A folder to fetch into, while no other run has it. */
export interface WorkFolder {
  /** Holds files under their names on the server. */
  readonly folder: string;
  /** Moves judged files into the cache and returns their paths there. */
  place(files: ReadonlyMap<string, FileDigest>): Promise<ReadonlyMap<string, string>>;
}

const noteName = 'known.json';
const noteSchema = z.object({ schemaVersion: z.literal(1), files: z.record(z.string(), fileDigestSchema) });

/** Milliseconds after which nobody is expected to take up what is left: a week. */
const abandonedAfter = 7 * 24 * 3600 * 1000;

/** Which build, and where. */
export interface WorkPlace {
  readonly cacheDir: string;
  readonly server: ServerUrl;
  readonly build: UpstreamBuild;
  /** Takes nothing from the cache, and nothing that an earlier run has left. */
  readonly fresh: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Does `work` in the folder of a build. Throws what `work` throws; the signal's reason while another run has the folder. */
export async function inWorkFolder<T>(place: WorkPlace, work: (folder: WorkFolder) => Promise<T>): Promise<T> {
  const all = path.join(place.cacheDir, 'upstream');
  const own = path.join(all, sha256Of(`${place.server.href} ${keyOf(place.build)}`).slice(0, 32));
  const folder = path.join(own, 'files');
  return withTrustLock(
    own,
    async () => {
      await removeAbandoned(all, own, place.now);
      if (place.fresh) await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      if (!place.fresh) await recall(own, folder, place.cacheDir);
      return work({ folder, place: (files) => placeFiles(own, folder, place.cacheDir, files) });
    },
    place.signal,
  );
}

/** Under another name in the same file system: no bytes are copied. What cannot be had so is fetched. */
async function recall(own: string, folder: string, cacheDir: string): Promise<void> {
  const note = await readRecord(own, noteName, noteSchema);
  for (const [name, { size, sha256 }] of Object.entries(note?.files ?? {})) {
    const cached = inCache(cacheDir, sha256);
    try {
      if ((await stat(cached)).size === size) await link(cached, path.join(folder, path.basename(name)));
    } catch (error) {
      if (!['ENOENT', 'EEXIST', 'EPERM', 'EMLINK'].some((code) => isSystemError(error, code))) throw error;
    }
  }
}

async function placeFiles(
  own: string,
  folder: string,
  cacheDir: string,
  files: ReadonlyMap<string, FileDigest>,
): Promise<ReadonlyMap<string, string>> {
  const placed = new Map<string, string>();
  for (const [name, { sha256 }] of files) {
    const to = inCache(cacheDir, sha256);
    await rename(path.join(folder, name), to);
    placed.set(name, to);
  }
  await writeRecord(own, noteName, { schemaVersion: 1, files: Object.fromEntries(files) });
  await rm(folder, { recursive: true, force: true });
  return placed;
}

const inCache = (cacheDir: string, sha256: string) => path.join(cacheDir, `${sha256}.tar.xz`);

/** What interrupted runs have left of other builds, long ago. */
async function removeAbandoned(all: string, own: string, now: Date): Promise<void> {
  for (const name of await readdir(all)) {
    const other = path.join(all, name);
    if (other === own) continue;
    try {
      const { mtimeMs } = await stat(path.join(other, 'files'));
      if (now.getTime() - mtimeMs > abandonedAfter) await rm(other, { recursive: true, force: true });
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].some((code) => isSystemError(error, code))) throw error;
    }
  }
}
