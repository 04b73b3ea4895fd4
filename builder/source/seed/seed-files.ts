// The archives of seeds in the cache.

import { CooperError } from '../../../errors/index.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { openContentCache } from '../cache.ts';
import { packageCacheOf } from '../fetched.ts';
import type { FetchedFiles } from '../kind.ts';
import type { SeedPart } from '../wanted.ts';

/**
 * Where the archives of all layers lie. `bring`: brings one that is missing into the cache, as far as the source still has it.
 * @throws CooperError `digest-mismatch` when it has another by now; what `bring` throws
 */
export async function seedFiles(
  layers: readonly LayerPlan[],
  cacheDir: string,
  bring: (part: SeedPart) => Promise<unknown>,
): Promise<FetchedFiles> {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  const files = new Map<string, string>();
  for (const part of layers.flatMap(({ seed }) => seed)) {
    const { sha256 } = part.digest;
    if (files.has(sha256)) continue;
    const find = async () => {
      const found = await cache.find(sha256);
      // Who names a file with another size than it has is not believed the rest either.
      return found?.digest.size === part.digest.size ? found : undefined;
    };
    const found = (await find()) ?? (await bring(part).then(find));
    if (found === undefined) {
      throw new CooperError('digest-mismatch', {
        what: `${part.name} is not the archive any more that the build is to have`,
      });
    }
    files.set(sha256, found.path);
  }
  return files;
}
