// A root that is being changed, as a process sees it that has it as its `/`. Symbolic links on the way are followed
// inside; what is in the way and is no directory is refused. Nobody else may change the tree meanwhile.
// Paths are bytes, one character each (latin1), relative to the root and without leading slash.

import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type NodeKind, walkInRoot } from '../native/in-root.ts';

/** A tree that files are placed in. */
export class Root {
  readonly #base: string;
  /** Directories that were made here, or in which something was placed or removed. */
  readonly changed = new Set<string>();

  /** `root`: an absolute path of the caller's file system. */
  constructor(root: string) {
    this.#base = Buffer.from(root).toString('latin1');
  }

  /** What node:fs takes for a path of the tree. */
  host(path: string): Buffer {
    return Buffer.from(path === '' ? this.#base : `${this.#base}/${path}`, 'latin1');
  }

  /** A name that is too long for the file system is missing. */
  kindOf(path: string): NodeKind {
    const status = statusOf(this.host(path));
    if (status === undefined) return 'missing';
    if (status.isDirectory()) return 'directory';
    return status.isSymbolicLink() ? 'symlink' : 'other';
  }

  targetOf(path: string): string {
    return readlinkSync(this.host(path), 'latin1');
  }

  namesIn(directory: string): readonly string[] {
    return readdirSync(this.host(directory), 'latin1').sort();
  }

  /**
   * The real path of the directory at `path`; what is missing is made with mode 0755, whatever the umask. `wanted`: path of
   * what it is for. Throws `file-misplaced` when something else than a directory is in the way.
   */
  directory(path: string, wanted: string): string {
    const look = {
      kindOf: (at: string) => this.kindOf(at),
      targetOf: (at: string) => this.targetOf(at),
      make: (missing: string) => this.#make(missing),
    };
    const reached = walkInRoot(look, path, 'follow');
    if (reached.kind === 'too-many-links') throw misplaced(wanted, 'there are too many symbolic links on the way');
    if (reached.kind !== 'directory') throw misplaced(wanted, `/${shownPath(reached.path)} is not a directory`);
    return reached.path;
  }

  /** The real path of what is at `path`; undefined when nothing is. Makes nothing. */
  find(path: string, last: 'follow' | 'keep'): string | undefined {
    const reached = walkInRoot(this, path, last);
    const isThere = reached.kind !== 'missing' && reached.kind !== 'too-many-links';
    return reached.complete && isThere ? reached.path : undefined;
  }

  #make(directory: string): void {
    mkdirSync(this.host(directory));
    chmodSync(this.host(directory), 0o755);
    this.changed.add(directory).add(parentOf(directory));
  }
}

function statusOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!isSystemError(error, 'ENAMETOOLONG')) throw error;
    return undefined;
  }
}

/** A path of the tree from one of a definition. */
export function treePath(path: string): string {
  return byteString(path.replace(/^\/+/, ''));
}

/** Text with one character for each byte of it. */
export function byteString(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The directory that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path of the tree for people, without leading slash. */
export function shownPath(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

/** The error for a file that something is in the way of. */
export function misplaced(path: string, why: string): CooperError {
  return new CooperError('file-misplaced', { what: `cannot place ${path}: ${why}` });
}
