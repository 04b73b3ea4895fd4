// Where what was fetched of sources lies. The only file that knows these folders of the cache.

import { join } from 'node:path';

/** Packages and archives, by their digests (cache.ts). `cacheDir`: the home folder's cache, or its private part. */
export function packageCacheOf(cacheDir: string): string {
  return join(cacheDir, 'packages');
}

/** Package lists, by their digests. */
export function listCacheOf(cacheDir: string): string {
  return join(cacheDir, 'indices');
}

/** What scripts have fetched, by its digest. */
export function scriptCacheOf(cacheDir: string): string {
  return join(cacheDir, 'fetched');
}

/** What is known of archives without reading them: `SHA-256.content`, and by the digest of an address what came from it last. */
export function noteFolderOf(cacheDir: string): string {
  return join(cacheDir, 'seeds');
}

/** A cache of the same form for what nobody else may read; 0700. */
export function privateCacheOf(cacheDir: string): string {
  return join(cacheDir, 'private');
}
