// A content-addressed cache of downloaded files: <directory>/v1/sha256/ab/abcd…, folders 0755 and files 0644 whatever the
// umask. Refuses to trust its own content: a file is hashed each time it is used, and a wrong one is fetched again. The time of a
// file says when it was used last.

import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, lstat, lutimes, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { partialSuffix, removeOrphans } from '../../fetch/index.ts';
import type { FileDigest, Sha256 } from '../../keys/digest.ts';

/** A file of the cache: its path, and what it is. */
export interface CachedFile {
  readonly path: string;
  readonly digest: FileDigest;
}

/** Files by their digest. Several processes may use one directory at once. */
export interface ContentCache {
  /**
   * Path of the file with this digest. When it is missing or damaged, `fetch` puts it at the path it is given, atomically
   * and judged by the digest; two requests for one digest fetch once. What `fetch` throws passes unchanged.
   */
  obtain(digest: FileDigest, fetch: (to: string) => Promise<unknown>): Promise<string>;
  /** The file with this SHA-256, when it is there and intact. */
  find(sha256: string): Promise<CachedFile | undefined>;
  /** Takes in what `fetch` puts, judged by itself, at the path that it is given. What `fetch` throws passes unchanged. */
  add(fetch: (to: string) => Promise<FileDigest>): Promise<CachedFile>;
}

/** Changes when the layout does; what an older version left is then not looked at. */
const layout = 'v1';

/** Opens or makes the cache in `directory` and removes what killed processes left half-made. */
export async function openContentCache(directory: string): Promise<ContentCache> {
  const root = join(directory, layout, 'sha256');
  await makeFolders([directory, join(directory, layout), root]);
  for (const bucket of await readdir(root)) await removeOrphans(join(root, bucket));
  const running = new Map<string, Promise<string>>();
  return {
    obtain(digest, fetch) {
      const known = running.get(digest.sha256);
      if (known !== undefined) {
        return known;
      }
      const work = obtain(root, digest, fetch).finally(() => running.delete(digest.sha256));
      running.set(digest.sha256, work);
      return work;
    },
    find: (sha256) => find(root, sha256),
    add: (fetch) => add(root, fetch),
  };
}

/** A file of a cache as it lies there, unread. */
export interface StoredFile {
  readonly path: string;
  /** What its name says. */
  readonly sha256: string;
  readonly bytes: number;
  /** When it was last used: milliseconds since 1970. */
  readonly used: number;
}

/** The files of the cache in `directory`, without those that are being written or may not be seen. Throws what reading `directory` throws. */
export async function storedIn(directory: string): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  const root = join(directory, layout, 'sha256');
  for (const bucket of await readdir(root)) {
    for (const sha256 of await namesIn(join(root, bucket))) {
      const path = join(root, bucket, sha256);
      const status = /^[0-9a-f]{64}$/.test(sha256) ? await statusOf(path) : undefined;
      if (status !== undefined) found.push({ path, sha256, bytes: status.size, used: status.mtimeMs });
    }
  }
  return found;
}

/** Nothing of what is no folder, has just gone, or belongs to somebody else. */
async function namesIn(bucket: string): Promise<string[]> {
  try {
    return await readdir(bucket);
  } catch (error) {
    if (['ENOTDIR', 'ENOENT', 'EACCES'].some((code) => isSystemError(error, code))) return [];
    throw error;
  }
}

async function obtain(root: string, digest: FileDigest, fetch: (to: string) => Promise<unknown>): Promise<string> {
  const { folder, path } = placeOf(root, digest.sha256);
  if (!(await isIntact(path, digest))) {
    await makeFolders([folder]);
    await fetch(path);
  }
  return path;
}

function placeOf(root: string, sha256: string): { folder: string; path: string } {
  const folder = join(root, sha256.slice(0, 2));
  return { folder, path: join(folder, sha256) };
}

async function find(root: string, sha256: string): Promise<CachedFile | undefined> {
  const { path } = placeOf(root, sha256);
  const status = await statusOf(path);
  if (status === undefined) return undefined;
  const digest = { size: status.size, sha256: sha256 as Sha256 };
  return (await isIntact(path, digest)) ? { path, digest } : undefined;
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function add(root: string, fetch: (to: string) => Promise<FileDigest>): Promise<CachedFile> {
  const incoming = join(root, '00');
  await makeFolders([incoming]);
  const arriving = join(incoming, `.${randomBytes(8).toString('hex')}${partialSuffix}`);
  try {
    const digest = await fetch(arriving);
    await chmod(arriving, 0o644);
    const { folder, path } = placeOf(root, digest.sha256);
    await makeFolders([folder]);
    await rename(arriving, path);
    return { path, digest };
  } finally {
    await rm(arriving, { force: true });
  }
}

/** Whether the file is there with this size and hash; it counts as used now. Reads all of it. */
async function isIntact(path: string, digest: FileDigest): Promise<boolean> {
  try {
    await markUsed(path);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if ((await file.stat()).size !== digest.size) {
        return false;
      }
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1 << 18 })) {
        hash.update(chunk);
      }
      return hash.digest('hex') === digest.sha256;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ELOOP')) {
      return false;
    }
    throw error;
  }
}

/** Access times are no help: many file systems do not keep them. */
async function markUsed(path: string): Promise<void> {
  const now = new Date();
  try {
    await lutimes(path, now, now);
  } catch (error) {
    // Of a cache that can only be read nothing is removed either.
    if (!['EACCES', 'EPERM', 'EROFS'].some((code) => isSystemError(error, code))) throw error;
  }
}

/** mkdir honours the umask, so the mode is set afterwards, but only for a folder that is new. */
async function makeFolders(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const made = await mkdir(path, { recursive: true });
    if (made !== undefined) {
      await chmod(path, 0o755);
    }
  }
}
