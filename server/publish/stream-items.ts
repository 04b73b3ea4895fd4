// Gathers what the lists for LXD say of each build. What the live generation says of a build that stays is taken from there, since
// the catalog vouches for its lists: a publish reads the image.json of its own builds, not of all that the tree has.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { isWhole } from '../../image/index.ts';
import { type Sha256, verifyDigest } from '../../keys/index.ts';
import { readImageJson } from './image-json.ts';
import type { Offer, OfferedBuild } from './offer.ts';
import type { Published } from './published.ts';
import { itemOf, itemsIn, type StreamItem, type StreamItems, streamsPaths } from './streams.ts';
import { treePaths } from './tree.ts';

/** Where the files of a build are: in the tree, or on their way into it. */
export type FolderOf = (build: OfferedBuild) => string;

/**
 * The items of the offer. `live` is what the tree at `tree` has now. For whoever holds the lock.
 * @throws CooperError 'tree-damaged' for an image.json that has to be read and is another one
 */
export async function streamItems(
  tree: string,
  live: Published | undefined,
  offer: Offer,
  folderOf: FolderOf = ({ path }) => join(tree, path),
): Promise<StreamItems> {
  const known = live === undefined ? new Map<string, KnownItem>() : await knownItems(tree, live);
  const items = new Map<string, StreamItem>();
  for (const build of [...offer.values()].flatMap(({ builds }) => builds)) {
    const there = known.get(build.path);
    const isSame = there?.manifest === build.manifest.sha256;
    const item = isSame ? there.item : itemOf((await readImageJson(folderOf(build), build)).value.toString('utf8'));
    if (item !== undefined) items.set(build.path, item);
  }
  return items;
}

/** What is known of a build by the digest of its image.json; `item` is undefined when it is known to have none. */
interface KnownItem {
  readonly manifest: Sha256;
  readonly item: StreamItem | undefined;
}

/** Of the builds in channels whose list is the one that the catalog names. */
async function knownItems(
  tree: string,
  { streams = {}, selection, offer }: Published,
): Promise<Map<string, KnownItem>> {
  const known = new Map<string, KnownItem>();
  // A mirror that leaves images out has lists of its own, for which nobody vouches.
  if (!isWhole(selection)) return known;
  for (const [channel, digest] of Object.entries(streams)) {
    const items = await readItems(join(treePaths(tree).live, streamsPaths(channel).images), digest);
    if (items === undefined) continue;
    for (const { path, manifest, channels } of [...offer.values()].flatMap(({ builds }) => builds)) {
      if (channels.includes(channel)) known.set(path, { manifest: manifest.sha256, item: items.get(path) });
    }
  }
  return known;
}

/** Undefined for a list that is not there or another one: then everything is read anew. */
async function readItems(path: string, digest: Parameters<typeof verifyDigest>[1]): Promise<StreamItems | undefined> {
  try {
    return itemsIn(verifyDigest(await readFile(path), digest, path).value.toString('utf8'));
  } catch (error) {
    const isOther = error instanceof CooperError && error.code === 'digest-mismatch';
    if (isOther || error instanceof TypeError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
