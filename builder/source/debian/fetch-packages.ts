// Fetches the .deb files of a package set into the cache, several at once, each judged by size and SHA-256 of the signed list.
// The first failure stops the others; nothing half-made stays.

import { CooperError } from '../../../errors/index.ts';
import { download, inLanes } from '../../../fetch/index.ts';
import { openContentCache } from '../cache.ts';
import { packageCacheOf } from '../fetched.ts';
import type { FetchProgress } from '../kind.ts';
import { SummedProgress } from '../summed-progress.ts';
import type { FetchedPackage, WantedPackage } from '../wanted.ts';
import { type ArchiveContext, explainMirror, mirrorUrl } from './context.ts';

/**
 * Brings every package into the cache; the result has the same order.
 * @throws CooperError `package-mismatch`, `server-unreachable` and the others of fetch/
 */
export async function fetchPackages(
  packages: readonly WantedPackage[],
  context: ArchiveContext,
  onProgress: FetchProgress = () => {},
): Promise<FetchedPackage[]> {
  const cache = await openContentCache(packageCacheOf(context.cacheDir));
  const progress = new SummedProgress(packages, onProgress);
  return inLanes(context.signal, packages, async (item, signal) => {
    const file = await cache.obtain(item.digest, (to) =>
      fetchDeb(item, to, { ...context, signal }, (bytes) => progress.set(item, bytes)),
    );
    progress.set(item, item.digest.size);
    return { ...item, file };
  });
}

async function fetchDeb(
  item: WantedPackage,
  to: string,
  { mirrors, transport, signal }: ArchiveContext,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const mirror = mirrors[item.archive];
  try {
    await download(mirrorUrl(mirror, item.path), { transport, signal, to, digest: item.digest, onProgress });
  } catch (error) {
    if (error instanceof CooperError && (error.code === 'download-mismatch' || error.code === 'download-too-large')) {
      const what = `package ${item.name} ${item.version}: ${error.message}`;
      throw new CooperError('package-mismatch', { what, lines: error.lines, cause: error });
    }
    if (error instanceof CooperError && error.code === 'not-found-on-server') {
      const what = `the mirror does not have package ${item.name} ${item.version}, which its package list names`;
      throw new CooperError('package-missing', { what, lines: [error.message], cause: error });
    }
    throw explainMirror(error, mirror, mirrors);
  }
}
