// Which builds of a tree came from a server, by what their image.json says: those on offer, and those that are off the index.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../../errors/index.ts';
import { manifestSchema } from '../../../image/index.ts';
import { type Offer, pathsOf } from '../../publish/offer.ts';

/** Paths of builds on offer that came from the server. A manifest that cannot be read belongs to nobody. */
export async function adoptedFrom(tree: string, offer: Offer, server: string): Promise<ReadonlySet<string>> {
  return cameFrom(tree, [...pathsOf(offer)], server);
}

/** Those of the paths, relative to the tree, whose build came from the server. */
export async function cameFrom(tree: string, paths: readonly string[], server: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const path of paths) if ((await originOf(join(tree, path))) === server) found.add(path);
  return found;
}

async function originOf(folder: string): Promise<string | undefined> {
  try {
    const manifest = manifestSchema.safeParse(JSON.parse(await readFile(join(folder, 'image.json'), 'utf8')));
    return manifest.data?.upstream?.server;
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
