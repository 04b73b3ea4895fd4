// Has root-worker.ts change a root, or look at it.

import { type BoxTree, type IdMap, runWorker } from '../native/index.ts';
import type { Place, RootRequest, RootResponse } from './root-worker.ts';

type Without<Request, Key extends PropertyKey> = Request extends unknown ? Omit<Request, Key> : never;

/** A root as its worker sees it. */
export interface WorkedRoot {
  readonly tree: BoxTree;
  /** Under which the owners of its files are meant. */
  readonly idMap: IdMap;
  /** Folders of the host that the worker may read besides. */
  readonly sources?: readonly string[];
  readonly signal: AbortSignal;
  /** Told the CPU seconds of the worker. */
  readonly addCpu: (seconds: number) => void;
}

/**
 * Carries out one change, or looks where paths lead; throws what that does (place-files.ts), and the reason of the signal.
 * What placed files replace is replaced whole or not at all.
 */
export async function changeRoot(
  { tree, idMap, sources = [], signal, addCpu }: WorkedRoot,
  change: Without<RootRequest, 'root'>,
): Promise<readonly Place[]> {
  const { response, cpuSeconds } = await runWorker<RootResponse>(
    'provision/root-worker',
    { ...change, root: tree.path },
    {
      idMap,
      binds: [{ ...tree, readOnly: change.action === 'look' }, ...sources.map((path) => ({ path, readOnly: true }))],
      signal,
    },
  );
  addCpu(cpuSeconds);
  return response;
}
