// Where the root of a layer lies: a folder for the lowest one; for those above, the very folder of the layer below when nobody
// needs that any more, else a root of its own that starts as a copy: merged by overlayfs, or copied file by file.

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

/** Roots of the layers of one run; they go away with the workspace, or earlier by `remove`. */
export class LayerRoots {
  readonly #workspace: Workspace;
  readonly #idMap: IdMap;
  #mode: LayerMode;
  #count = 0;

  constructor(workspace: Workspace, idMap: IdMap, mode: LayerMode) {
    this.#workspace = workspace;
    this.#idMap = idMap;
    this.#mode = mode;
  }

  /** An empty root. */
  lowest(): BoxTree {
    return { path: this.#workspace.innerFolder(this.#name('root')) };
  }

  /** A root that begins as `below` is. `last`: nobody needs `below` any more. */
  async above(below: BoxTree, last: boolean, report: StageReport, signal: AbortSignal): Promise<BoxTree> {
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
    const folders = tree.overlay === undefined ? [tree.path] : [tree.path, tree.overlay.upper, tree.overlay.work];
    for (const folder of folders) await removeForeignTree(folder, this.#idMap);
  }

  async #merge(below: BoxTree, report: StageReport, signal: AbortSignal): Promise<BoxTree> {
    const name = this.#name('layer');
    const path = this.#workspace.innerFolder(name);
    const lowers = below.overlay === undefined ? [below.path] : [below.overlay.upper, ...below.overlay.lowers];
    const upper = this.#workspace.innerFolder(`${name}.upper`);
    const work = this.#workspace.innerFolder(`${name}.work`);
    const tree = { path, overlay: { lowers, upper, work } };
    await this.#change({ action: 'lift-links', root: path }, [{ ...tree, readOnly: false }], report, signal);
    return tree;
  }

  async #copy(below: BoxTree, report: StageReport, signal: AbortSignal): Promise<BoxTree> {
    const path = this.#workspace.innerFolder(this.#name('copy'));
    const binds = [
      { path, readOnly: false },
      { ...below, readOnly: true },
    ];
    await this.#change({ action: 'copy-tree', root: path, from: below.path }, binds, report, signal);
    return { path };
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
