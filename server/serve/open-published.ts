// Opens a file of the live generation or of images/, also below a channel. Symlinks other than `live` and `images` are refused, and
// anything that is not a plain file: what stands in the tree by mistake is not served.

import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';

/** An open file; the caller closes it. */
export interface PublishedFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** Whole seconds, as HTTP dates have them. */
  readonly modified: Date;
  /** Strong, with quotes: published files are replaced, never rewritten. */
  readonly etag: string;
  /** Absolute path of the generation that it is of; none for what lies in images/. */
  readonly generation?: string;
}

/**
 * Opens `path`, which path-policy.ts let through, in the live generation or in the one that is named. Undefined when there is no
 * such file, or none that may be served.
 */
export async function openPublished(
  tree: string,
  path: string,
  generation = join(tree, 'live'),
): Promise<PublishedFile | undefined> {
  const { channel, build } = splitPath(path);
  try {
    if (channel !== undefined && !(await isChannel(tree, channel))) return undefined;
    if (build !== undefined) return await openBelow(await realpath(tree), build);
    const read = await realpath(generation);
    const file = await openBelow(read, path);
    return file && { ...file, generation: read };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES'].some((code) => isSystemError(error, code))) {
      return undefined;
    }
    throw error;
  }
}

async function openBelow(base: string, path: string): Promise<PublishedFile | undefined> {
  const expected = join(base, path);
  return (await realpath(expected)) === expected ? openPlain(expected) : undefined;
}

/** `build`: path below the tree of a file of a build, which the root and every channel have. */
function splitPath(path: string): { readonly channel?: string; readonly build?: string } {
  const [, channel, build] = /^(?:(?!images\/)([^/]+)\/)?(images\/.+)$/.exec(path) ?? [];
  return { ...(channel === undefined ? {} : { channel }), ...(build === undefined ? {} : { build }) };
}

/** A channel of the live generation leads to the builds of the tree. */
async function isChannel(tree: string, channel: string): Promise<boolean> {
  return (await realpath(join(tree, 'live', channel, 'images'))) === (await realpath(join(tree, 'images')));
}

async function openPlain(file: string): Promise<PublishedFile | undefined> {
  // NONBLOCK: a fifo in the tree must not hold the request for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = await handle.stat({ bigint: true });
  if (!stat.isFile()) {
    await handle.close();
    return undefined;
  }
  const modified = new Date(Math.floor(Number(stat.mtimeMs) / 1000) * 1000);
  const etag = `"${stat.size.toString(36)}-${stat.mtimeNs.toString(36)}"`;
  return { handle, size: Number(stat.size), modified, etag };
}
