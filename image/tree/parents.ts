// Finds the real directory in which an entry is placed, component by component, remembering what it has seen. Refuses
// to leave the root: symbolic links are either an error or resolved as if the root were `/`.

import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { CooperError } from '../../errors/index.ts';
import { type NodeKind, type TreeLook, walkInRoot } from '../../native/in-root.ts';
import { type BytePath, fsPath, joinPath, rootPath, shownPath, splitPath } from './byte-path.ts';

/**
 * `refuse-symlinks`: no component may be one. `follow-inside` (dpkg on a usr-merged root) and `as-layer` (a layer of an OCI image
 * upon others): resolved as in a chroot; there what a link leads to is made when it is missing.
 */
export type ParentRule = 'refuse-symlinks' | 'follow-inside' | 'as-layer';

/** Nobody else may change the tree meanwhile: what was once a directory is taken to stay one. */
export class Parents {
  readonly #root: BytePath;
  readonly #rule: ParentRule;
  /** Path as named in the archive → path without symbolic links, both relative to the root. */
  readonly #known = new Map<BytePath, BytePath>([[rootPath, rootPath]]);

  readonly #look: TreeLook = {
    kindOf: (path) => this.#kindOf(path as BytePath),
    targetOf: (path) => readlinkSync(this.onHost(path as BytePath), 'latin1'),
  };

  /** As containerd goes: what a link leads to is made where it is missing. */
  readonly #making: TreeLook = { ...this.#look, make: (path) => mkdirSync(this.onHost(path as BytePath), 0o755) };

  constructor(root: BytePath, rule: ParentRule) {
    this.#root = root;
    this.#rule = rule;
  }

  /** Path on the host of a path without symbolic links. */
  onHost(real: BytePath): Buffer {
    return fsPath(joinPath(this.#root, real));
  }

  /**
   * The path without symbolic links of a directory; what is missing is made with mode 0755.
   * Throws `archive-escapes-root` or `archive-conflict`.
   */
  find(directory: BytePath): BytePath {
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const { parent, name } = splitPath(directory);
    const real = this.#enter(this.find(parent), name, directory);
    this.#known.set(directory, real);
    return real;
  }

  /** The same for one that need not be there: undefined where none is, and nothing is made. */
  look(directory: BytePath): BytePath | undefined {
    const end = walkInRoot(this.#look, directory, 'follow');
    return end.kind === 'directory' ? (end.path as BytePath) : undefined;
  }

  /** Notes that a directory was made. */
  add(directory: BytePath, real: BytePath): void {
    this.#known.set(directory, real);
  }

  /** Forgets everything: called when a symbolic link or a directory was removed. */
  forget(): void {
    this.#known.clear();
    this.#known.set(rootPath, rootPath);
  }

  #enter(parent: BytePath, name: string, wanted: BytePath): BytePath {
    const path = joinPath(parent, name);
    const kind = this.#kindOf(path);
    if (kind === 'directory') return path;
    if (kind === 'missing') {
      mkdirSync(this.onHost(path), 0o755);
      return path;
    }
    if (kind === 'other') throw conflict(shownPath(wanted), `${shownPath(path)} is not a directory`);
    if (this.#rule === 'refuse-symlinks') {
      const what = `an entry would be written through the symbolic link ${shownPath(path)}`;
      throw new CooperError('archive-escapes-root', { what });
    }
    const look = this.#rule === 'as-layer' ? this.#making : this.#look;
    const end = walkInRoot(look, name, 'follow', parent);
    if (end.kind === 'too-many-links')
      throw conflict(shownPath(wanted), 'there are too many symbolic links on the way');
    if (end.kind !== 'directory') {
      throw conflict(shownPath(wanted), `the symbolic link ${shownPath(path)} does not lead to a directory`);
    }
    return end.path as BytePath;
  }

  #kindOf(path: BytePath): NodeKind {
    const status = lstatSync(this.onHost(path), { throwIfNoEntry: false });
    if (status === undefined) return 'missing';
    if (status.isDirectory()) return 'directory';
    return status.isSymbolicLink() ? 'symlink' : 'other';
  }
}

/** The refusal of an entry that wants what is there to be something else. `wanted`: its path, for people. */
export function conflict(wanted: string, why: string): CooperError {
  return new CooperError('archive-conflict', { what: `cannot place ${wanted}: ${why}` });
}
