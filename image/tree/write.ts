// Places the entries of an archive under a directory. Refuses names that leave it, writing through links, and
// replacing a directory by something else. Synchronous, because many small asynchronous calls cost several times more.

import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { CooperError, explainSystemError, isSystemError } from '../../errors/index.ts';
import { llistxattr, lremovexattr, mkfifo, mknod } from '../../native/sys.ts';
import type { TarEntry } from '../tar/entry.ts';
import type { TarHandler } from '../tar/reader.ts';
import { applyFileMetadata, applyMetadata, type OwnerMap } from './apply.ts';
import { type BytePath, bytePath, entryPath, fsPath, joinPath, rootPath, shownPath, splitPath } from './byte-path.ts';
import { conflict, type ParentRule, Parents } from './parents.ts';
import { Placed } from './placed.ts';
import { keepsXattr } from './xattr-policy.ts';

/** How a tree is written. */
export interface TreeWriterOptions {
  /**
   * `refuse-symlinks`: for images. `follow-inside`: dpkg's rules, for packages over a usr-merged root: parents that are
   * links are resolved inside the root, a directory that is there (or a link to one) stays with its owner and mode.
   * `as-layer`: for a layer of an OCI image upon others, as containerd applies it: parents as before, but whatever is in the way is
   * replaced, a directory with all that is in it too; two directories become one, with what the entry says of it.
   */
  readonly parents: ParentRule;
  /** Character and block devices: left out, made (needs CAP_MKNOD), or `archive-unsupported`. */
  readonly devices: 'skip' | 'make' | 'refuse';
  /** Given `usr/share/doc/x`, without leading `./`: true leaves the entry out. */
  readonly exclude?: (name: string) => boolean;
  /** Default: ids as they stand in the archive. */
  readonly mapOwner?: OwnerMap;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Handler of a TarReader. Not atomic: after an error the directory holds a part and `close` must be called. */
export class TreeWriter implements TarHandler {
  readonly #options: TreeWriterOptions;
  readonly #mapOwner: OwnerMap;
  readonly #parents: Parents;
  /** Directories get owner, mode, attributes and time last: what is placed in them would change or need them. */
  readonly #directories = new Map<BytePath, TarEntry>();
  /** What belongs to this layer; only where there can be others. */
  readonly #placed: Placed | undefined;
  #file: { readonly fd: number; readonly path: Buffer; readonly entry: TarEntry } | undefined;

  /** `root` must exist. */
  constructor(root: string, options: TreeWriterOptions) {
    this.#options = options;
    this.#mapOwner = options.mapOwner ?? ((uid, gid) => [uid, gid]);
    this.#parents = new Parents(bytePath(resolve(root)), options.parents);
    if (options.parents === 'as-layer')
      this.#placed = new Placed(this.#parents, (path) => this.#directories.delete(path));
  }

  /**
   * Throws `archive-escapes-root`, `archive-conflict`, `archive-corrupt`, `archive-unsupported`; like the other methods
   * also `owner-not-mapped`, `attribute-refused`, `no-space`.
   */
  entry(entry: TarEntry): void {
    const path = entryPath(entry.name);
    if (this.#options.exclude?.(fsPath(path).toString())) return;
    explaining(path, () => this.#place(entry, path));
  }

  data(chunk: Buffer): void {
    const file = this.#file;
    if (file === undefined) return;
    explaining(file.path, () => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file.fd, chunk, at);
    });
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    explaining(file.path, () => applyFileMetadata(file.fd, file.path, file.entry, this.#mapOwner));
    this.close();
  }

  /**
   * Removes what lower layers have at the name of an entry (`content`: below it alone), whatever it is; what this writer has placed
   * stays, before and after. Nothing there is fine, and nothing is made. Only `as-layer`. Throws `archive-escapes-root`, `archive-conflict` for the root itself.
   */
  removeLower(entryName: Buffer, what: 'itself' | 'content'): void {
    const path = entryPath(entryName);
    if (path === rootPath && what === 'itself') throw conflict(shownPath(path), 'the root cannot be removed');
    explaining(path, () => {
      const { parent, name } = splitPath(path);
      const directory = this.#parents.look(what === 'content' ? path : parent);
      if (directory === undefined) return;
      this.#placed?.removeOthers(what === 'content' ? directory : joinPath(directory, name), what);
    });
  }

  /** Completes the directories; called once, after the reader's `finish`. */
  finish(): void {
    for (const [path, entry] of [...this.#directories].reverse()) {
      explaining(path, () => applyMetadata(this.#parents.onHost(path), entry, this.#mapOwner));
    }
    this.#directories.clear();
  }

  /** Closes a file that is still open; harmless otherwise. */
  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file.fd);
  }

  #place(entry: TarEntry, path: BytePath): void {
    if (entry.type === 'directory') {
      this.#placeDirectory(entry, path);
      return;
    }
    if (path === rootPath) throw conflict(shownPath(path), 'the root must be a directory');
    const { parent, name } = splitPath(path);
    const real = joinPath(this.#parents.find(parent), name);
    if (entry.type === 'hardlink') this.#placeHardLink(entry, path, real);
    else if (entry.type === 'file') {
      const host = this.#parents.onHost(real);
      const fd = this.#create(path, real, () => openSync(host, newFile, 0o600));
      this.#file = { fd, path: host, entry };
    } else this.#placeNode(entry, path, real);
  }

  #placeDirectory(entry: TarEntry, path: BytePath): void {
    const { parent, name } = splitPath(path);
    const real = path === rootPath ? rootPath : joinPath(this.#parents.find(parent), name);
    const host = this.#parents.onHost(real);
    let status = path === rootPath ? lstatSync(host) : makeDirectory(host);
    if (this.#placed !== undefined && status !== undefined) status = this.#joinDirectory(this.#placed, real, status);
    this.#placed?.add(real);
    if (status === undefined || status.isDirectory()) {
      this.#parents.add(path, real);
      if (status === undefined || this.#options.parents !== 'follow-inside') this.#directories.set(real, entry);
    } else if (this.#options.parents === 'follow-inside' && status.isSymbolicLink()) {
      this.#parents.find(path);
    } else if (status.isSymbolicLink()) {
      const what = `the directory ${shownPath(path)} would stand on a symbolic link`;
      throw new CooperError('archive-escapes-root', { what });
    } else throw conflict(shownPath(path), 'a directory would replace a file');
  }

  /** A directory of a lower layer goes on as this one's, without the attributes that it had; anything else gives way. */
  #joinDirectory(placed: Placed, real: BytePath, status: Stats): Stats | undefined {
    const host = this.#parents.onHost(real);
    if (status.isDirectory()) {
      for (const name of llistxattr(host)) if (keepsXattr(name)) lremovexattr(host, name);
      return status;
    }
    placed.removeAll(real);
    return makeDirectory(host);
  }

  #placeNode(entry: TarEntry, path: BytePath, real: BytePath): void {
    const host = this.#parents.onHost(real);
    if (entry.type === 'character' || entry.type === 'block') {
      if (this.#options.devices === 'skip') return;
      if (this.#options.devices === 'refuse') {
        throw new CooperError('archive-unsupported', { what: `the entry ${shownPath(path)} is a device node` });
      }
    }
    if (entry.type === 'symlink' && this.#keepsDirectory(host)) return;
    this.#create(path, real, () => explainNode(entry, path, () => makeNode(host, entry)));
    applyMetadata(host, entry, this.#mapOwner);
  }

  // The target goes through the same rules as any name, so a link can only share a file of this root.
  #placeHardLink(entry: TarEntry, path: BytePath, real: BytePath): void {
    const target = entryPath(entry.linkName);
    const { parent, name } = splitPath(target);
    const realTarget = joinPath(this.#parents.find(parent), name);
    const status = lstatSync(this.#parents.onHost(realTarget), { throwIfNoEntry: false });
    const refuse = (why: string) =>
      new CooperError('archive-corrupt', { what: `${shownPath(path)} is a hard link to ${shownPath(target)}, ${why}` });
    if (status === undefined) throw refuse('which is not there');
    // Layers are made of trees in which symbolic links may have several names; other archives have no use for it.
    if (status.isSymbolicLink() && this.#placed === undefined) throw refuse('a symbolic link');
    if (status.isDirectory()) throw refuse('a directory');
    if (realTarget === real) throw refuse('itself');
    if (realTarget.startsWith(`${real}/`)) throw refuse('which it would replace');
    this.#create(path, real, () => linkSync(this.#parents.onHost(realTarget), this.#parents.onHost(real)));
  }

  // dpkg never replaces a directory by a symbolic link.
  #keepsDirectory(host: Buffer): boolean {
    if (this.#options.parents !== 'follow-inside') return false;
    return lstatSync(host, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** Runs `make`; when something is in the way, removes it and tries again. */
  #create<T>(path: BytePath, real: BytePath, make: () => T): T {
    const made = this.#replacing(path, real, make);
    this.#placed?.add(real);
    return made;
  }

  #replacing<T>(path: BytePath, real: BytePath, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
    const host = this.#parents.onHost(real);
    const status = lstatSync(host);
    if (status.isDirectory()) {
      if (this.#placed === undefined) throw conflict(shownPath(path), 'it would replace a directory');
      this.#placed.removeAll(real);
      return make();
    }
    unlinkSync(host);
    if (status.isSymbolicLink()) this.#parents.forget();
    return make();
  }
}

// Tells what was being placed where the system's own error would not help.
function explaining(path: BytePath | Buffer, work: () => void): void {
  try {
    work();
  } catch (error) {
    const shown = shownPath(path);
    if (isSystemError(error, 'ENAMETOOLONG')) throw conflict(shown, 'its name is too long for this file system');
    throw explainSystemError(error, `unpacking ${shown}`);
  }
}

/** Undefined when the directory was made, otherwise what is in its place. */
function makeDirectory(host: Buffer): Stats | undefined {
  try {
    mkdirSync(host, 0o700);
    return undefined;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    return lstatSync(host);
  }
}

/** Real root may lack the right too: in a user namespace, or where the capability was taken away (mknod(2)). */
function explainNode(entry: TarEntry, path: BytePath, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!isSystemError(error, 'EPERM') || entry.device === undefined) throw error;
    const { major, minor } = entry.device;
    const what = `the device node ${shownPath(path)} (${entry.type} ${major}:${minor}) cannot be made`;
    throw new CooperError('node-refused', { what, cause: error });
  }
}

function makeNode(host: Buffer, entry: TarEntry): void {
  const { major, minor } = entry.device ?? { major: 0, minor: 0 };
  if (entry.type === 'symlink') symlinkSync(entry.linkName, host);
  else if (entry.type === 'fifo') mkfifo(host, 0o600);
  else mknod(host, 0o600, { type: entry.type === 'block' ? 'block' : 'character', major, minor });
}
