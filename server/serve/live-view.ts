// What the server knows of the live generation: read once for each flip of the link, since verifying takes milliseconds.

import { CooperError } from '../../errors/index.ts';
import { liveTarget, type Published, readPublished } from '../publish/published.ts';
import { treePaths } from '../publish/tree.ts';

/** The live generation of a mirror that keeps the signatures of a server without a catalog. */
export const withoutCatalog = 'without catalog';

/** What is live. */
export type Live = Published | typeof withoutCatalog;

/** Gives the live generation as it is now; undefined before the first publish. */
export interface LiveView {
  /** @throws CooperError 'tree-damaged' */
  readonly read: () => Promise<Live | undefined>;
}

/** A view of the tree at `tree`. */
export function liveView(tree: string): LiveView {
  const { live } = treePaths(tree);
  let known: { readonly target: string; readonly published: Promise<Live | undefined> } | undefined;
  return {
    read: async () => {
      const target = await liveTarget(live);
      if (target === undefined) return undefined;
      if (known?.target !== target) known = { target, published: readLive(tree) };
      const { published } = known;
      published.catch(() => {
        known = undefined;
      });
      return published;
    },
  };
}

async function readLive(tree: string): Promise<Live | undefined> {
  try {
    return await readPublished(tree);
  } catch (error) {
    if (error instanceof CooperError && error.code === 'tree-without-catalog') return withoutCatalog;
    throw error;
  }
}
