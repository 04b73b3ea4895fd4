// In which order layers are built when several images are wanted: images that begin with the same layers share them. Pure.

import type { ImageId } from '../variants/index.ts';
import type { LayerPlan } from './plan/layers.ts';
import type { ImagePlan } from './plan/plan.ts';

/** A layer, the images that it completes, and the layers that are built upon it. Its scripts are told the layer's variant. */
export interface LayerNode extends ImageId {
  readonly layer: LayerPlan;
  readonly files: LayerPlan['files'];
  readonly actions: LayerPlan['actions'];
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly images: readonly ImagePlan[];
  readonly above: readonly LayerNode[];
}

/** One tree for each lowest layer. With `share` false every image has a tree of its own. */
export function layerTrees(plans: readonly ImagePlan[], share: boolean): readonly LayerNode[] {
  if (!share) return plans.flatMap((plan) => grow([plan], 0));
  return grow(plans, 0);
}

function grow(plans: readonly ImagePlan[], depth: number): readonly LayerNode[] {
  const byKey = new Map<string, ImagePlan[]>();
  for (const plan of plans) {
    const key = plan.layers[depth]?.key;
    if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), plan]);
  }
  return [...byKey.values()].flatMap((group) => {
    const [plan] = group;
    const layer = plan?.layers[depth];
    if (plan === undefined || layer === undefined) return [];
    const { distribution, release, architecture } = plan.image;
    const { variant, files, actions } = layer;
    const images = group.filter(({ layers }) => layers.length === depth + 1);
    const above = grow(group, depth + 1);
    return [{ distribution, release, architecture, variant, files, actions, epoch: plan.epoch, layer, images, above }];
  });
}
