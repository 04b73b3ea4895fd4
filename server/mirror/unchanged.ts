// Whether an origin still offers what is live here: one conditional request for its catalog. What is kept for that (.origin.json in
// the tree) is a hint: a server that says "unchanged" changes nothing here, and cannot do so for longer than the catalog lives.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { addressBelow, catalogLimit, catalogPath, parseServer } from '../../client/index.ts';
import { isSystemError } from '../../errors/index.ts';
import { fetchUnlessSame } from '../../fetch/index.ts';
import type { Selection } from '../../image/index.ts';
import { parseFingerprint, type Sha256, sha256Of } from '../../keys/index.ts';
import { readDeparted } from '../publish/departed.ts';
import { renameDurably, writeDurably } from '../publish/files.ts';
import { dueFolders } from '../publish/retention.ts';
import { readSelection } from '../publish/selected-offer.ts';
import { treePaths } from '../publish/tree.ts';
import { lagOf } from './lag.ts';
import type { MirroredGeneration, MirrorRequest } from './mirrored.ts';
import { isSameSelection } from './survey.ts';

const followedSchema = z.object({
  // What version 1 has followed may lack documents that it did not know: it is looked at again.
  schemaVersion: z.literal(2),
  server: z.string(),
  etag: z.string(),
  /** SHA-256 of the catalog. */
  catalog: z.string(),
  serial: z.number().int(),
  fingerprint: z.string(),
  issued: z.string(),
  expires: z.string(),
  images: z.number().int(),
});

/** What is live, and the tag that its origin gave to the catalog. */
type Followed = z.infer<typeof followedSchema>;

/**
 * The live generation, when the origin says that its catalog is still that one; undefined when it has to be looked at.
 * @throws CooperError what fetchBytes throws
 */
export async function ifUnchanged(tree: string, request: MirrorRequest): Promise<MirroredGeneration | undefined> {
  const server = parseServer(request.server);
  const followed = await readFollowed(tree);
  if (followed === undefined || followed.server !== server.href) return undefined;
  // A key that is named is looked at, unless it is the one that was found.
  const named = request.trust.keyid ?? request.trust.acceptKey;
  if (named !== undefined && parseFingerprint(named) !== followed.fingerprint) return undefined;
  if (request.now.getTime() >= Date.parse(followed.expires)) return undefined;
  if ((await liveCatalog(tree)) !== followed.catalog) return undefined;
  if (!(await hasSelection(tree, request.selection))) return undefined;
  if (dueFolders(await readDeparted(tree), request.grace, request.now).length > 0) return undefined;
  const { transport, signal } = request;
  const address = addressBelow(server, catalogPath).href;
  const answer = await fetchUnlessSame(address, { transport, limit: catalogLimit, signal }, followed.etag);
  if (answer !== undefined && sha256Of(answer.bytes) !== followed.catalog) return undefined;
  const { serial, fingerprint, expires, images } = followed;
  const lag = lagOf(followed, { before: serial, after: serial, now: request.now });
  const nothing = { builds: [], bytes: { fetched: 0, reused: 0 }, removed: [] };
  return { serial, fingerprint, expires, images, ...nothing, lag };
}

/** Keeps what the next run needs to ask so. `etag`: of the catalog; without one there is nothing to ask. */
export async function rememberFollowed(
  tree: string,
  server: string,
  etag: string | undefined,
  { serial, fingerprint, expires, images, lag }: Omit<MirroredGeneration, 'bytes' | 'builds' | 'removed'>,
): Promise<void> {
  const catalog = await liveCatalog(tree);
  const file = stateFile(tree);
  if (etag === undefined || catalog === undefined) return rm(file, { force: true });
  const { href } = parseServer(server);
  const { issued } = lag.origin;
  const live = { serial, fingerprint, issued, expires, images };
  const followed: Followed = { schemaVersion: 2, server: href, etag, catalog, ...live };
  await rm(`${file}.new`, { force: true });
  await writeDurably(`${file}.new`, `${JSON.stringify(followed)}\n`);
  await renameDurably(`${file}.new`, file);
}

const stateFile = (tree: string) => join(tree, '.origin.json');

/** Undefined also for a file that cannot be understood: then the origin is looked at. */
async function readFollowed(tree: string): Promise<Followed | undefined> {
  try {
    return followedSchema.parse(JSON.parse(await readFile(stateFile(tree), 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether what is live has been chosen so. What cannot be understood has not. */
async function hasSelection(tree: string, selection: Selection): Promise<boolean> {
  try {
    return isSameSelection(await readSelection(treePaths(tree).live), selection);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return false;
    throw error;
  }
}

/** SHA-256 of the live catalog. */
async function liveCatalog(tree: string): Promise<Sha256 | undefined> {
  try {
    return sha256Of(await readFile(join(treePaths(tree).live, catalogPath)));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
