// What the server knows of the live generation: read once for each flip of the link, since verifying takes milliseconds.

import { liveTarget, type Published, readPublished } from '../publish/published.ts';
import { treePaths } from '../publish/tree.ts';

/** Gives the live generation as it is now; undefined before the first publish. */
export interface LiveView {
  /** @throws CooperError 'tree-damaged' */
  readonly read: () => Promise<Published | undefined>;
}

/** A view of the tree at `tree`. */
export function liveView(tree: string): LiveView {
  const { live } = treePaths(tree);
  let known: { readonly target: string; readonly published: Promise<Published | undefined> } | undefined;
  return {
    read: async () => {
      const target = await liveTarget(live);
      if (target === undefined) return undefined;
      if (known?.target !== target) known = { target, published: readPublished(tree) };
      const { published } = known;
      published.catch(() => {
        known = undefined;
      });
      return published;
    },
  };
}
