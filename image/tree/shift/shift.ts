// Moves a tree from one id map to another: what it asks of its worker. The journal makes a killed run repeatable (journal.ts).

import { type IdMap, runWorker } from '../../../native/index.ts';
import type { Obstacles } from './survey.ts';
import type { TreeIds } from './translation.ts';

/** What shift-worker.ts is asked. */
export interface ShiftRequest {
  /** Absolute path without symbolic links. */
  readonly folder: string;
  /** Outside ids are those that the worker sees. */
  readonly from: TreeIds;
  readonly to: TreeIds;
  /** Only look. */
  readonly dryRun: boolean;
}

/** How far it is; `total` is 0 while it is not known. Files are counted once, whatever names they have. */
export interface ShiftProgress {
  readonly step: 'look' | 'change';
  readonly done: number;
  readonly total: number;
}

/** What became of it. */
export type ShiftAnswer =
  | {
      readonly kind: 'done';
      readonly files: number;
      /** Of these are, or with `dryRun` would be, different. */
      readonly changes: number;
      /** Paths in the tree that lie on other mounts, and were left alone. */
      readonly mounts: readonly string[];
      /** An earlier run was gone on with. */
      readonly resumed: boolean;
      /** It had the new ids before: nothing was to be done. */
      readonly already: boolean;
    }
  /** Nothing was changed. */
  | { readonly kind: 'refused'; readonly obstacles: Obstacles }
  /** An earlier run with these maps has not come to its end; nothing was changed. */
  | { readonly kind: 'other'; readonly from: TreeIds; readonly to: TreeIds };

/** How to do it. */
export interface ShiftOptions extends ShiftRequest {
  /** The worker's own ids: `host` is real root. It has to have all of the tree's, old and new. */
  readonly workerMap: IdMap | 'host';
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ShiftProgress) => void;
}

/**
 * Changes owners, access lists and the root of file capabilities of everything in the tree; nothing else is different afterwards.
 * Killed or failed on the way it can be called again with the same maps, and goes on.
 * @throws CooperError `shift-refused`, `shift-unfinished`, `shift-stopped`, `shift-tree-changed`, `no-space`; the signal's reason
 */
export async function shiftTree(options: ShiftOptions): Promise<ShiftAnswer & { readonly cpuSeconds: number }> {
  const { folder, from, to, dryRun, workerMap, signal, onProgress } = options;
  const request: ShiftRequest = { folder, from, to, dryRun };
  const { response, cpuSeconds } = await runWorker<ShiftAnswer>('image/tree/shift/shift-worker', request, {
    idMap: workerMap,
    binds: [{ path: folder, readOnly: dryRun }],
    signal,
    onMessage: (message) => onProgress(message as ShiftProgress),
  });
  return { ...response, cpuSeconds };
}
