// Writes a generation and makes it the live one. Before the flip nobody sees it, after the flip everybody sees all of it.
// Keeps the newest few generations, since a client may be half-way through one.

import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { type Shard, shardSchema, stableChannel } from '../../image/index.ts';
import type { Documents } from './documents.ts';
import { flipSymlink, renameDurably, syncDirectories, writeDurably } from './files.ts';
import { type Offer, offerOfShards } from './offer.ts';
import { liveTarget } from './published.ts';
import { readSelection, selectedOffer } from './selected-offer.ts';
import { treePaths } from './tree.ts';
import { markFormat } from './tree-format.ts';

const generationsKept = 5;

/**
 * Writes the documents (by relative path) as generations/<serial>, complete and on disk, without making it live. The builds are
 * reached below the root and below each channel.
 */
export async function writeGeneration(
  tree: string,
  serial: number,
  documents: Documents,
  channels: readonly string[],
): Promise<void> {
  const { staging, generations, images } = treePaths(tree);
  const staged = join(staging, String(serial));
  await Promise.all([staged, generations, images].map((folder) => mkdir(folder, { recursive: true })));
  await markFormat(tree);
  for (const [path, content] of documents) {
    await mkdir(dirname(join(staged, path)), { recursive: true });
    await writeDurably(join(staged, path), content);
  }
  await symlink('../../images', join(staged, 'images'));
  for (const channel of channels) {
    if (channel !== stableChannel) await symlink('../images', join(staged, channel, 'images'));
  }
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

/**
 * What each generation that is kept has of its offer, by number. Only for names of builds: no signature is looked at.
 * @throws CooperError 'tree-damaged'
 */
export async function readGenerations(tree: string): Promise<ReadonlyMap<string, Offer>> {
  const { generations } = treePaths(tree);
  const offers = new Map<string, Offer>();
  for (const number of await namesOf(generations)) {
    const folder = join(generations, number);
    const shards = join(folder, 'cooper/v1/shards');
    const names = await namesOf(shards, /\.json$/);
    const offer = offerOfShards(await Promise.all(names.map((name) => readShard(join(shards, name)))));
    const selection = await orDamaged(`what ${folder} has cannot be read`, () => readSelection(folder));
    offers.set(number, selectedOffer(offer, selection));
  }
  return offers;
}

function readShard(file: string): Promise<Shard> {
  return orDamaged(`${file} is not a readable shard`, async () => {
    return shardSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  });
}

async function orDamaged<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new CooperError('tree-damaged', { what, cause });
  }
}

async function namesOf(folder: string, wanted = /^\d+$/): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => wanted.test(name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
