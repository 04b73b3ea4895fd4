// Where what was fetched of sources lies.

import { join } from 'node:path';

/** Packages and archives, by their digests (cache.ts). `cacheDir`: the home folder's cache. */
export function packageCacheOf(cacheDir: string): string {
  return join(cacheDir, 'packages');
}
