// Cuts an image into layers: what each variant of the chain adds to the root of the one before it. Pure. A layer is known by
// a digest of all that goes into it, so that images that begin alike share what they begin with.

import { sha256Of } from '../../keys/index.ts';
import type { PackageChange } from '../../provision/index.ts';
import type { Action, ImageFile, ImageLayer } from '../../variants/resolved.ts';
import { packageKey, type SeedPart, type WantedPackage } from '../source/wanted.ts';

/** One layer to be built upon the one before it. */
export interface LayerPlan {
  /** SHA-256 over all inputs of this layer and of those below. */
  readonly key: string;
  readonly variant: string;
  /** What the lowest layer is unpacked from; empty for those above, and where packages are all there is. */
  readonly seed: readonly SeedPart[];
  /** Installed in this layer, in the order that the source gives them. */
  readonly added: readonly WantedPackage[];
  /** All packages up to here, likewise. */
  readonly packages: readonly WantedPackage[];
  /** Of a root that begins as a seed: what this layer asks of its package manager. */
  readonly change?: PackageChange;
  readonly files: readonly ImageFile[];
  readonly actions: readonly Action[];
}

/** A variant with all packages that its root has. */
export interface ResolvedLayer {
  readonly layer: ImageLayer;
  readonly packages: readonly WantedPackage[];
  /** What the root begins as, in the lowest variant. */
  readonly seed?: readonly SeedPart[];
}

/**
 * The layers of an image, root first. Where a variant does not have all packages of the one that it extends (it excludes
 * one, or a name is answered differently), nothing can be built upon that one: the two become a single layer.
 */
export function planLayers(chain: readonly ResolvedLayer[]): readonly LayerPlan[] {
  const merged: ResolvedLayer[] = [];
  for (const next of chain) {
    const below = merged.at(-1);
    if (below === undefined || covers(next.packages, below.packages)) merged.push(next);
    else merged.splice(-1, 1, joined(below, next));
  }
  // What was joined may no longer cover what lies below it.
  if (merged.length < chain.length && merged.length > 1) return planLayers(merged);
  return addedUp(merged);
}

function covers(packages: readonly WantedPackage[], needed: readonly WantedPackage[]): boolean {
  const there = new Set(packages.map(packageKey));
  return needed.every((item) => there.has(packageKey(item)));
}

/** One layer of two: all packages of `above`; files and actions of both, those below first. */
export function joined(below: ResolvedLayer, above: ResolvedLayer): ResolvedLayer {
  const layer = {
    ...above.layer,
    files: [...below.layer.files, ...above.layer.files],
    // What every variant does is done twice then: what `above` does in between may want it.
    actions: [...below.layer.actions, ...above.layer.actions],
  };
  return { layer, packages: above.packages, ...(below.seed === undefined ? {} : { seed: below.seed }) };
}

function addedUp(chain: readonly ResolvedLayer[]): readonly LayerPlan[] {
  const plans: LayerPlan[] = [];
  let before: ImageLayer | undefined;
  for (const { layer, packages, seed: begins = [] } of chain) {
    const below = plans.at(-1);
    const seed = below === undefined ? begins : [];
    const there = new Set(below?.packages.map(packageKey));
    const added = packages.filter((item) => !there.has(packageKey(item)));
    const { variant, files, actions } = layer;
    const asked = begins.length === 0 ? undefined : changeOf(layer, before);
    before = layer;
    const parts = { variant, seed, packages, files, actions, ...(asked === undefined ? {} : { change: asked }) };
    plans.push({ key: layerKey(below?.key, parts), added, ...parts });
  }
  return plans;
}

/** What a variant asks for that the one before it does not; nothing is undefined. */
function changeOf(layer: ImageLayer, before: ImageLayer | undefined): PackageChange | undefined {
  const install = layer.include.filter((name) => before?.include.includes(name) !== true);
  const remove = layer.exclude.filter((name) => before?.exclude.includes(name) !== true);
  return install.length === 0 && remove.length === 0 ? undefined : { update: false, install, remove };
}

// The variant is in it because scripts are told it.
function layerKey(below: string | undefined, layer: Omit<LayerPlan, 'key' | 'added'>): string {
  const packages = layer.packages.map((item) => [packageKey(item), item.digest.sha256, item.essential, item.automatic]);
  // What not every layer has is at the end, and absent where there is none: the keys of all others stay as they were.
  const seed = layer.seed.length === 0 ? [] : [layer.seed.map(({ digest }) => digest.sha256)];
  const change = layer.change === undefined ? [] : [layer.change];
  const parts = [below ?? null, layer.variant, packages, layer.files, layer.actions, ...seed, ...change];
  return sha256Of(JSON.stringify(parts));
}
