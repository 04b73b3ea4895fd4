// A root with what the builder knows of it, in a folder: `root`, and `plan.json`, which the processes that are measured read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImagePlan } from '../../builder/plan/plan.ts';
import type { GatedRoot } from '../../builder/product.ts';
import type { IdMap } from '../../native/index.ts';

/** What the builder plans for an image, as far as packing needs it. */
export type PackPlan = Pick<ImagePlan, 'image' | 'layers' | 'epoch'>;

/** A root that `cooper rootfs` has made. */
export interface PreparedRoot {
  /** Holds all that is made of it. */
  readonly folder: string;
  readonly root: string;
  readonly plan: PackPlan;
}

/** Reads what stands in the folder. */
export function preparedRoot(folder: string): PreparedRoot {
  const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as PackPlan;
  return { folder, root: join(folder, 'root'), plan };
}

const ids = [{ inside: 0, outside: 0, count: 65_536 }];
/** Owners are those of the image already: `cooper rootfs` of real root. */
const idMap: IdMap = { uid: ids, gid: ids };

/** As the builder hands it to packing. Nothing was judged: the gate's cost is no part of what is measured. */
export function asGated({ root, plan }: PreparedRoot): GatedRoot {
  return { path: root, idMap, epoch: plan.epoch } as GatedRoot;
}
