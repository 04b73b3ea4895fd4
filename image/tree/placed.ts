// What one layer has placed in a root: removing what the layers below have there spares it, whatever comes first. Each path is looked
// through once, so that an archive cannot make it dear.

import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { type BytePath, joinPath, rootPath, splitPath } from './byte-path.ts';
import type { Parents } from './parents.ts';

/** Paths are without symbolic links, relative to the root. */
export class Placed {
  readonly #parents: Parents;
  readonly #onRemoved: (path: BytePath) => void;
  /** What was placed, and every directory above it. */
  readonly #paths = new Set<BytePath>();
  /** Below which nothing of lower layers is left. */
  readonly #cleared = new Set<BytePath>();

  /** `onRemoved` is told of each path that is gone. */
  constructor(parents: Parents, onRemoved: (path: BytePath) => void) {
    this.#parents = parents;
    this.#onRemoved = onRemoved;
  }

  /** Notes what was placed. */
  add(path: BytePath): void {
    for (let at = path; !this.#paths.has(at); at = splitPath(at).parent) this.#paths.add(at);
  }

  /** Removes what lower layers have at the path, or below it alone (`content`). */
  removeOthers(path: BytePath, what: 'itself' | 'content'): void {
    if (this.#isBelowCleared(what === 'content' ? path : splitPath(path).parent)) return;
    if (what === 'content') this.#removeChildren(path, 'others');
    else this.#remove(path, 'others');
    this.#cleared.add(path);
    this.#parents.forget();
  }

  /** Removes a path with all that is in it, whoever placed it. */
  removeAll(path: BytePath): void {
    this.#remove(path, 'all');
    this.#parents.forget();
  }

  #isBelowCleared(path: BytePath): boolean {
    for (let at = path; ; at = splitPath(at).parent) {
      if (this.#cleared.has(at)) return true;
      if (at === rootPath) return false;
    }
  }

  #remove(path: BytePath, what: 'others' | 'all'): void {
    const host = this.#parents.onHost(path);
    const status = lstatSync(host, { throwIfNoEntry: false });
    if (status === undefined) return;
    const done = what === 'others' && this.#cleared.has(path);
    if (status.isDirectory() && !done) this.#removeChildren(path, what);
    if (what === 'others' && this.#paths.has(path)) return;
    if (status.isDirectory()) rmdirSync(host);
    else unlinkSync(host);
    this.#paths.delete(path);
    this.#onRemoved(path);
  }

  #removeChildren(directory: BytePath, what: 'others' | 'all'): void {
    for (const name of readdirSync(this.#parents.onHost(directory), 'latin1')) {
      this.#remove(joinPath(directory, name), what);
    }
  }
}
