// Which builds have left the index while their files are still in the tree, and since when. What the disk holds decides; the
// record only dates it. It is written before the generation that gives a build up goes live: a publish that is cut off in between
// leaves an entry for a build on offer, and such entries count for nothing. A folder without an entry, as in a tree of an earlier
// version, begins its grace when it is first seen.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { departedSchema } from '../../image/index.ts';
import { renameDurably, writeDurably } from './files.ts';
import { placedPaths } from './journal.ts';
import { type OfferedPaths, pathsOf } from './offer.ts';
import type { Departed } from './retention.ts';
import { treePaths } from './tree.ts';

/**
 * The builds on the disk that `offer` lacks, without those that were placed for it; those whose time nobody noted are departed since
 * `now`. Changes nothing.
 */
export async function findDeparted(tree: string, offer: OfferedPaths, now: Date): Promise<Departed> {
  const noted = await readDeparted(tree);
  const expected = new Set([...pathsOf(offer), ...(await placedPaths(tree))]);
  const folders = (await buildFolders(tree)).filter((path) => !expected.has(path));
  return new Map(
    folders.map((path) => {
      const since = noted.get(path);
      // A clock that was wrong must not keep files for years.
      return [path, since === undefined || since.getTime() > now.getTime() ? now : since];
    }),
  );
}

/** The same, noted durably for the next run. For whoever holds the lock. */
export async function recordDeparted(tree: string, offer: OfferedPaths, now: Date): Promise<Departed> {
  const departed = await findDeparted(tree, offer, now);
  if (!isSame(departed, await readDeparted(tree))) await writeRecord(tree, departed);
  return departed;
}

/** Folders of builds below images/, as the catalog has them. What has other names is none of ours. */
async function buildFolders(tree: string): Promise<string[]> {
  let folders = ['images'];
  for (let depth = 0; depth < 5; depth += 1) {
    const below = await Promise.all(folders.map((folder) => foldersIn(tree, folder)));
    folders = below.flat();
  }
  return folders.filter((folder) => /\/\d{8}_\d{2}:\d{2}$/.test(folder)).map((folder) => `${folder}/`);
}

/** Folders in one of the tree, as paths relative to it. */
export async function foldersIn(tree: string, folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(tree, folder), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** What was noted last. A record that is damaged counts as missing: files stay longer then, never shorter. */
export async function readDeparted(tree: string): Promise<Departed> {
  try {
    const parsed = departedSchema.safeParse(JSON.parse(await readFile(treePaths(tree).departed, 'utf8')));
    const since = parsed.success ? parsed.data.since : {};
    return new Map(Object.entries(since).map(([path, time]) => [path, new Date(time)]));
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT')) return new Map();
    throw error;
  }
}

async function writeRecord(tree: string, departed: Departed): Promise<void> {
  const { departed: path, staging } = treePaths(tree);
  if (departed.size === 0) return rm(path, { force: true });
  const since = Object.fromEntries([...departed].map(([folder, date]) => [folder, date.toISOString()]));
  const staged = join(staging, 'departed');
  await mkdir(staging, { recursive: true });
  await rm(staged, { force: true });
  await writeDurably(staged, `${JSON.stringify({ schemaVersion: 1, kind: 'cooper.departed', since }, undefined, 1)}\n`);
  await renameDurably(staged, path);
}

function isSame(one: Departed, other: Departed): boolean {
  return one.size === other.size && [...one].every(([path, since]) => other.get(path)?.getTime() === since.getTime());
}
