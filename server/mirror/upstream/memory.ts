// What a mirror remembers of a server without a catalog (.upstream.json in the tree): its documents, so that a run without news costs
// a few conditional requests; what was taken, so that what the operator has removed since is not fetched again; what was refused for
// its content, so that it is not fetched again and again. It is a hint: without it everything is looked at anew.

import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import {
  isUnchanged as documentsUnchanged,
  type KnownDocuments,
  type UpstreamBuild,
  type UpstreamFetching,
} from '../../../client/index.ts';
import { isSystemError } from '../../../errors/index.ts';
import { selectionDocument } from '../../../image/index.ts';
import { sha256Of } from '../../../keys/index.ts';
import { renameDurably, writeDurably } from '../../publish/files.ts';
import { treePaths } from '../../publish/tree.ts';
import type { RefusedBuild, UpstreamRequest, UpstreamWaiver } from './request.ts';

const refusalSchema = z.object({
  image: z.string(),
  build: z.string(),
  path: z.string(),
  code: z.string(),
  message: z.string(),
  lines: z.array(z.string()),
});

const memorySchema = z.object({
  schemaVersion: z.literal(1),
  server: z.string(),
  /** Digest of what the run was told: another wish is another run. */
  wish: z.string(),
  documents: z.record(z.string(), z.object({ sha256: z.string(), etag: z.string().optional() }).nullable()),
  protocol: z.enum(['lxc', 'simplestreams']),
  newest: z.string().nullable(),
  /** All that was wanted is here or refused. */
  isComplete: z.boolean(),
  taken: z.array(z.string()),
  refused: z.array(refusalSchema),
});

/** Of one server. */
export type UpstreamMemory = Omit<z.infer<typeof memorySchema>, 'schemaVersion'>;

/** A refusal with the path of its build. */
export type Refusal = z.infer<typeof refusalSchema>;

/** What is remembered of the server; undefined when nothing that can be understood is. */
export async function recall(tree: string, server: string): Promise<UpstreamMemory | undefined> {
  try {
    const memory = memorySchema.parse(JSON.parse(await readFile(treePaths(tree).upstream, 'utf8')));
    return memory.server === server ? memory : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Keeps it for the next run. Atomic. */
export async function remember(tree: string, memory: UpstreamMemory): Promise<void> {
  const { upstream } = treePaths(tree);
  await rm(`${upstream}.new`, { force: true });
  await writeDurably(`${upstream}.new`, `${JSON.stringify({ schemaVersion: 1, ...memory })}\n`);
  await renameDurably(`${upstream}.new`, upstream);
}

/** A digest of everything besides the server that decides what a run makes of it. Pure. */
export function wishOf({ selection, signer }: UpstreamRequest, waivers: readonly UpstreamWaiver[] = []): string {
  return sha256Of(JSON.stringify([selectionDocument(selection), signer?.fingerprint ?? null, waivers]));
}

/** Whether a run would find nothing to do. Throws what fetchBytes throws. */
export async function hasNoNews(
  memory: UpstreamMemory | undefined,
  wish: string,
  fetching: UpstreamFetching,
): Promise<boolean> {
  if (memory === undefined || !memory.isComplete || memory.wish !== wish) return false;
  return documentsUnchanged(memory.documents as KnownDocuments, fetching);
}

/** What is told of a refusal of an earlier run. Pure. */
export function knownRefusal({ image, build, code, message, lines }: Refusal): RefusedBuild {
  return { image, build, code, message, lines, isKnown: true };
}

/** Name of the folder in which a build comes together: another one for other files. Pure. */
export function workFolderName(server: string, { folder, rootfs, lxd }: UpstreamBuild): string {
  return sha256Of(JSON.stringify([server, folder, rootfs.sha256 ?? null, lxd?.sha256 ?? null]));
}
