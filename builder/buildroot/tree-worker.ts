// Runs inside the box: what makes one root of a build out of another. Refuses nothing; works only below the root it is given.

import { copyTree, liftLinks } from '../../image/tree/copy.ts';
import { serveWorker } from '../../native/worker-main.ts';

/** What is to be done. */
export type TreeRequest =
  /** The root, empty so far, becomes what another one is. */
  | { readonly action: 'copy-tree'; readonly root: string; readonly from: string }
  /** Before a root of merged layers is worked on: files with several names come whole into the upper layer. */
  | { readonly action: 'lift-links'; readonly root: string };

/** Nothing to tell. */
export type TreeResponse = Record<string, never>;

function changeTree(request: TreeRequest): TreeResponse {
  if (request.action === 'copy-tree') copyTree(request.from, request.root);
  if (request.action === 'lift-links') liftLinks(request.root);
  return {};
}

serveWorker<TreeRequest, TreeResponse>(changeTree);
