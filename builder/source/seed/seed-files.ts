// The archives of seeds in the cache, several fetched or hashed at once. The first failure stops the others.

import { CooperError } from '../../../errors/index.ts';
import { inLanes } from '../../../fetch/index.ts';
import type { LayerPlan } from '../../plan/layers.ts';
import { type ContentCache, openContentCache } from '../cache.ts';
import { packageCacheOf } from '../fetched.ts';
import type { FetchedFiles, SourceContext } from '../kind.ts';
import type { SeedPart } from '../wanted.ts';

/** Brings a part that is missing into the cache, as far as the source still has it. */
export type BringPart = (part: SeedPart, signal: AbortSignal) => Promise<unknown>;

/**
 * Where the archives of all layers lie. `onThere` is told of each part once, as soon as it is in the cache, also when it was there before.
 * @throws CooperError `digest-mismatch` when the source has another by now; what `bring` throws
 */
export async function seedFiles(
  layers: readonly LayerPlan[],
  { cacheDir, signal }: Pick<SourceContext, 'cacheDir' | 'signal'>,
  bring: BringPart,
  onThere: (part: SeedPart) => void = () => undefined,
): Promise<FetchedFiles> {
  const cache = await openContentCache(packageCacheOf(cacheDir));
  const parts = seedParts(layers);
  const paths = await inLanes(signal, parts, async (part, stop) => {
    const path = await pathOf(part, cache, () => bring(part, stop));
    onThere(part);
    return path;
  });
  return new Map(parts.map(({ digest }, position) => [digest.sha256, paths[position] ?? '']));
}

/** All parts, none twice. */
export function seedParts(layers: readonly LayerPlan[]): readonly SeedPart[] {
  const parts = layers.flatMap(({ seed }) => seed);
  const first = new Map(parts.toReversed().map((part) => [part.digest.sha256, part]));
  return parts.filter((part) => first.get(part.digest.sha256) === part);
}

async function pathOf(part: SeedPart, cache: ContentCache, bring: () => Promise<unknown>): Promise<string> {
  const { sha256, size } = part.digest;
  const find = async () => {
    const found = await cache.find(sha256);
    // Who names a file with another size than it has is not believed the rest either.
    return found?.digest.size === size ? found : undefined;
  };
  const found = (await find()) ?? (await bring().then(find));
  if (found !== undefined) return found.path;
  throw new CooperError('digest-mismatch', {
    what: `${part.name} is not the archive any more that the build is to have`,
  });
}
