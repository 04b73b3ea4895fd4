// Where the root of a layer lies: a folder for the lowest one; for those above, the very folder of the layer below when nobody
// needs that any more, else a root of its own that starts as a copy: merged by overlayfs, or copied file by file. In memory every
// root is merged, the lowest one over nothing: a tmpfs is mounted nosuid on most hosts, what overlayfs mounts is not.

import { dirname, join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import type { StageReport } from '../../events/index.ts';
import { removeForeignTree } from '../../image/index.ts';
import { type BoxTree, type IdMap, runWorker } from '../../native/index.ts';
import type { Workspace } from '../workspace.ts';
import type { TreeRequest } from './tree-worker.ts';

/**
 * How a layer gets the root of the layer below: `auto` takes it over where it can and merges elsewhere, or copies where the
 * kernel refuses to merge; `direct` builds each image from nothing.
 */
export const layerModes = ['auto', 'overlay', 'copy', 'direct'] as const;
export type LayerMode = (typeof layerModes)[number];

/** The tree of a root. */
export interface RootTree extends BoxTree {
  /** Of a root in memory: bytes that have to stay free on its file system. */
  readonly memoryReserve?: number;
}

/** A workspace in memory for what is written to roots, and how many bytes have to stay free there. */
export interface RootMemory {
  readonly workspace: Workspace;
  readonly reserveBytes: number;
}

/** Where roots lie and what they become one of the other by. */
export interface RootSurroundings {
  /** Has a folder for every root; without `memory` also what is in it. */
  readonly workspace: Workspace;
  readonly memory?: RootMemory;
  readonly idMap: IdMap;
  readonly mode: LayerMode;
}

/** Roots of the layers of one run; they go away with the workspaces, or earlier by `remove`. */
export class LayerRoots {
  readonly #workspace: Workspace;
  readonly #memory: RootMemory | undefined;
  readonly #idMap: IdMap;
  #mode: LayerMode;
  #count = 0;

  constructor({ workspace, memory, idMap, mode }: RootSurroundings) {
    this.#workspace = workspace;
    this.#memory = memory;
    this.#idMap = idMap;
    this.#mode = mode;
  }

  /** An empty root. */
  lowest(): RootTree {
    return this.#empty('root');
  }

  /** A root that begins as `below` is. `last`: nobody needs `below` any more. */
  async above(below: RootTree, last: boolean, report: StageReport, signal: AbortSignal): Promise<RootTree> {
    if (last && (this.#mode === 'auto' || this.#mode === 'direct')) return below;
    if (this.#mode === 'copy') return this.#copy(below, report, signal);
    try {
      return await this.#merge(below, report, signal);
    } catch (error) {
      if (this.#mode === 'overlay' || !refusedByKernel(error)) throw error;
      report.notice(`this kernel does not merge layers (${error.message}): they are copied`);
      this.#mode = 'copy';
      return this.#copy(below, report, signal);
    }
  }

  /** Gives the space of a root back that was made by `above` and is not `below`. */
  async remove(tree: BoxTree): Promise<void> {
    const folders = tree.overlay === undefined ? [tree.path] : [tree.path, dirname(tree.overlay.upper)];
    for (const folder of folders) await removeForeignTree(folder, this.#idMap);
  }

  async #merge(below: RootTree, report: StageReport, signal: AbortSignal): Promise<RootTree> {
    const lowers = below.overlay === undefined ? [below.path] : [below.overlay.upper, ...below.overlay.lowers];
    const tree = this.#over(lowers, 'layer');
    await this.#change({ action: 'lift-links', root: tree.path }, [{ ...tree, readOnly: false }], report, signal);
    return tree;
  }

  async #copy(below: RootTree, report: StageReport, signal: AbortSignal): Promise<RootTree> {
    const tree = this.#empty('copy');
    const binds = [
      { ...tree, readOnly: false },
      { ...below, readOnly: true },
    ];
    await this.#change({ action: 'copy-tree', root: tree.path, from: below.path }, binds, report, signal);
    return tree;
  }

  #empty(kind: string): RootTree {
    if (this.#memory === undefined) return { path: this.#workspace.innerFolder(this.#name(kind)) };
    return this.#over([this.#memory.workspace.innerFolder('nothing')], kind);
  }

  /** What is written to it goes into one folder, so that one worker at the most removes it. */
  #over(lowers: readonly string[], kind: string): RootTree {
    const name = this.#name(kind);
    const path = this.#workspace.innerFolder(name);
    const changes = `${name}.changes`;
    const { workspace, reserveBytes } = this.#memory ?? { workspace: this.#workspace, reserveBytes: undefined };
    const upper = workspace.innerFolder(join(changes, 'upper'));
    const work = workspace.innerFolder(join(changes, 'work'));
    const tree = { path, overlay: { lowers, upper, work } };
    return reserveBytes === undefined ? tree : { ...tree, memoryReserve: reserveBytes };
  }

  async #change(
    request: TreeRequest,
    binds: readonly (BoxTree & { readonly readOnly: boolean })[],
    report: StageReport,
    signal: AbortSignal,
  ): Promise<void> {
    const idMap = this.#idMap;
    const { cpuSeconds } = await runWorker('builder/buildroot/tree-worker', request, { idMap, binds, signal });
    report.addCpu(cpuSeconds);
  }

  #name(kind: string): string {
    this.#count += 1;
    return `${this.#count}-${kind}`;
  }
}

function refusedByKernel(error: unknown): error is CooperError {
  return error instanceof CooperError && error.code === 'box-failed';
}
