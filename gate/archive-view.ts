// A RootView of a root inside its archive, without unpacking it: headers are kept, and the content of those files that
// rules ask for. The archive is read again when a rule wants a file whose content was not kept.

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CooperError } from '../errors/index.ts';
import { createXzDecoder, entryPath, type TarEntry, TarReader } from '../image/index.ts';
import { type NodeKind, walkInRoot } from '../native/index.ts';
import type { DeviceHeader } from './packed-image.ts';
import { type RootEntry, type RootView, shownPath } from './root-view.ts';

/** An archive to be read. */
export interface ArchiveFile {
  /** Path of rootfs.tar.xz. */
  readonly path: string;
  /** Bytes of the tar inside; more are refused. */
  readonly size: number;
  readonly signal?: AbortSignal;
}

/** What is in an archive. Device nodes are headers, no part of the tree. */
export interface ArchiveContents {
  readonly root: RootView;
  readonly devices: readonly DeviceHeader[];
}

interface Node {
  readonly entry: RootEntry;
  readonly xattrs: ReadonlyMap<string, Buffer>;
  /** Target of a symbolic link. */
  readonly link: string;
  content?: Buffer | undefined;
}

// What rules read in nearly every root; everything else is read when a rule asks for it.
const readAtOnce = /^(?:etc|root|home)\/|^var\/lib\/dpkg\/(?:info\/[^/]*\.list|diversions)$/;
// No rule reads more of one file, and no root has more of such files.
const mostOfFile = 1 << 24;
const mostOfAll = 1 << 26;
// A rule finds further files in what it has read; none goes deeper.
const mostPasses = 4;

/**
 * Reads the archive and lets `judge` look at it, several times when it wants more than was kept. Throws
 * `archive-corrupt`, `archive-too-large`, `archive-escapes-root`, `archive-unsupported`; changes nothing.
 */
export async function judgeArchive<Result>(
  file: ArchiveFile,
  judge: (contents: ArchiveContents) => Promise<Result>,
): Promise<Result> {
  const wanted = new Set<string>();
  for (let pass = 1; ; pass += 1) {
    const index = new ArchiveIndex(wanted);
    const reader = new TarReader(index);
    await pipeline(
      createReadStream(file.path, { highWaterMark: 1 << 16 }),
      createXzDecoder(file.size),
      async (data: AsyncIterable<Buffer>) => {
        for await (const chunk of data) reader.write(chunk);
      },
      ...(file.signal === undefined ? [] : [{ signal: file.signal }]),
    );
    reader.finish();
    const missing = new Set<string>();
    const result = await judge({ root: viewOf(index.nodes, missing), devices: index.devices });
    if (missing.size === 0 || pass === mostPasses) return result;
    for (const path of missing) wanted.add(path);
  }
}

/** Takes the entries of an archive; a later one of a name replaces the earlier, as tar does it. */
class ArchiveIndex {
  readonly nodes = new Map<string, Node>();
  readonly devices: DeviceHeader[] = [];
  readonly #wanted: ReadonlySet<string>;
  #pieces: Buffer[] | undefined;
  #open: Node | undefined;
  #kept = 0;

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  entry(entry: TarEntry): void {
    const path: string = entryPath(entry.name);
    this.#pieces = undefined;
    if (entry.type === 'character' || entry.type === 'block') {
      this.devices.push({ name: entry.name.toString('latin1'), kind: entry.type });
      return;
    }
    const node = entry.type === 'hardlink' ? this.#linked(path, entry) : nodeOf(path, entry);
    if (node === undefined) return;
    this.#place(path, node);
    const wanted = entry.type === 'file' && (readAtOnce.test(path) || this.#wanted.has(path));
    if (!wanted || entry.size > mostOfFile || this.#kept + entry.size > mostOfAll) return;
    this.#kept += entry.size;
    this.#open = node;
    this.#pieces = [];
  }

  data(chunk: Buffer): void {
    this.#pieces?.push(Buffer.from(chunk));
  }

  end(): void {
    if (this.#open !== undefined && this.#pieces !== undefined) this.#open.content = Buffer.concat(this.#pieces);
  }

  // What the archive does not name above an entry, whoever unpacks it makes. Rules must see what comes of it, so nothing
  // may hide below a link or a file, nor a folder give way to one: our own client refuses such archives too.
  #place(path: string, node: Node): void {
    const before = this.nodes.get(path);
    if (before?.entry.kind === 'directory' && node.entry.kind !== 'directory') {
      throw new CooperError('archive-conflict', { what: `${shownPath(path)} is a folder and then something else` });
    }
    this.nodes.set(path, node);
    if (path === '') return;
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    const above = this.nodes.get(parent)?.entry;
    if (above === undefined) this.#place(parent, madeFolder(parent));
    else if (above.kind !== 'directory') {
      throw new CooperError('archive-conflict', { what: `${shownPath(path)} lies below a ${above.kind}` });
    }
  }

  // The other name of a file that came before; one that did not come leads nowhere.
  #linked(path: string, entry: TarEntry): Node | undefined {
    const target = this.nodes.get(entryPath(entry.linkName));
    return target && { ...target, entry: { ...target.entry, path } };
  }
}

function nodeOf(path: string, { type, mode, uid, gid, size, linkName, xattrs }: TarEntry): Node {
  const kind = type === 'hardlink' ? 'file' : type;
  return { entry: { path, kind, mode, uid, gid, size }, xattrs, link: linkName.toString('latin1') };
}

function madeFolder(path: string): Node {
  return { entry: { path, kind: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 }, xattrs: new Map(), link: '' };
}

function viewOf(nodes: ReadonlyMap<string, Node>, missing: Set<string>): RootView {
  const children = childrenOf(nodes);
  const look = {
    kindOf: (path: string) => nodeKind(nodes.get(path)?.entry),
    targetOf: (path: string) => nodes.get(path)?.link ?? '',
  };
  const find = (path: string, last: 'follow' | 'keep') => {
    const reached = walkInRoot(look, path, last);
    return reached.complete ? nodes.get(reached.path)?.entry : undefined;
  };
  const resolve = (path: string) => find(path, 'follow');
  const all = [...nodes.values()].map(({ entry }) => entry);
  return {
    resolve,
    lstat: (path) => find(path, 'keep'),
    readFile: (path, limit) => {
      const entry = resolve(path);
      if (entry?.kind !== 'file') return undefined;
      if (entry.size > Math.min(limit, mostOfFile)) throw new RangeError(`${path} has more than ${limit} bytes`);
      const content = entry.size === 0 ? Buffer.alloc(0) : nodes.get(entry.path)?.content;
      if (content !== undefined) return content;
      missing.add(entry.path);
      throw new RangeError(`${path} could not be read in the archive`);
    },
    readdir: (path) => {
      const entry = resolve(path);
      return entry?.kind === 'directory' ? (children.get(entry.path) ?? []) : [];
    },
    entries: () => all,
    xattrs: (entry) => [...(nodes.get(entry.path)?.xattrs.keys() ?? [])],
    xattr: (entry, name) => nodes.get(entry.path)?.xattrs.get(name),
  };
}

function nodeKind(entry: RootEntry | undefined): NodeKind {
  if (entry === undefined) return 'missing';
  return entry.kind === 'directory' || entry.kind === 'symlink' ? entry.kind : 'other';
}

function childrenOf(nodes: ReadonlyMap<string, Node>): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const path of nodes.keys()) {
    if (path === '') continue;
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, Math.max(slash, 0));
    const names = children.get(parent);
    if (names === undefined) children.set(parent, [path.slice(slash + 1)]);
    else names.push(path.slice(slash + 1));
  }
  for (const names of children.values()) names.sort();
  return children;
}
