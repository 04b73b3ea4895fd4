// Writes a generation and makes it the live one. Before the flip nobody sees it, after the flip everybody sees all of it.
// Keeps the newest few generations, since a client may be half-way through one.

import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { flipSymlink, renameDurably, syncDirectories, writeDurably } from './files.ts';
import { liveTarget } from './published.ts';
import { treePaths } from './tree.ts';

const generationsKept = 5;

/** Writes the documents (by relative path) as generations/<serial>, complete and on disk, without making it live. */
export async function writeGeneration(
  tree: string,
  serial: number,
  documents: ReadonlyMap<string, string>,
): Promise<void> {
  const { staging, generations, images } = treePaths(tree);
  const staged = join(staging, String(serial));
  await Promise.all([staged, generations, images].map((folder) => mkdir(folder, { recursive: true })));
  for (const [path, content] of documents) {
    await mkdir(dirname(join(staged, path)), { recursive: true });
    await writeDurably(join(staged, path), content);
  }
  await symlink('../../images', join(staged, 'images'));
  await syncDirectories(staged);
  await renameDurably(staged, join(generations, String(serial)));
}

/**
 * Number of the next generation of a catalog: its serial, unless a generation with that number or a later one is live already, as when
 * a mirror has other images of the same catalog.
 */
export async function generationNumber(tree: string, serial: number): Promise<number> {
  const target = await liveTarget(treePaths(tree).live);
  return target === undefined ? serial : Math.max(serial, Number(basename(target)) + 1);
}

/** Makes generations/<serial> the live one. Atomic. */
export async function goLive(tree: string, serial: number): Promise<void> {
  const { live, staging } = treePaths(tree);
  await flipSymlink(live, `generations/${serial}`, join(staging, 'live'));
}

/**
 * Removes all generations but the live one and the newest few before it. Those after it were never live: a publish was
 * cut off before its flip.
 */
export async function pruneGenerations(tree: string): Promise<void> {
  const { live, generations } = treePaths(tree);
  const target = await liveTarget(live);
  const current = target === undefined ? 0 : Number(basename(target));
  const serials = (await namesOf(generations)).map(Number).sort((a, b) => b - a);
  const kept = new Set(serials.filter((serial) => serial <= current).slice(0, generationsKept));
  for (const serial of serials) {
    if (!kept.has(serial)) await rm(join(generations, String(serial)), { recursive: true, force: true });
  }
}

async function namesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
