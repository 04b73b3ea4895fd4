// What a rule may look at: a root as its own processes would see it, read only. No symbolic link leads out of it.

/** One entry. Paths are relative to the root, without leading slash, one character a byte (latin1): names need not be text. */
export interface RootEntry {
  readonly path: string;
  /** `node`: a file that stands for a device node and is packed as one, whatever it holds (image/tree/node-mark.ts). */
  readonly kind: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket' | 'node';
  /** Permission bits with set-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
}

/** A root, read only. Missing things are undefined, never an error. */
export interface RootView {
  /** The entry at a path; links on the way are followed inside the root, one at the path itself is not. */
  lstat(path: string): RootEntry | undefined;
  /** The entry that a path leads to, all links followed inside the root; its `path` is the real one. */
  resolve(path: string): RootEntry | undefined;
  /** The bytes of a regular file; throws RangeError when there are more than `limit`. */
  readFile(path: string, limit: number): Buffer | undefined;
  /** Names in a directory, sorted; none when it is not a directory. */
  readdir(path: string): readonly string[];
  /** The root itself (path ``) and every entry below it, parents before what is in them. Read once. */
  entries(): readonly RootEntry[];
  /** Names of the extended attributes of an entry that lstat() or entries() gave. Read once for each entry. */
  xattrs(entry: RootEntry): readonly string[];
  /** The value of one of them; undefined when there is none of that name. */
  xattr(entry: RootEntry, name: string): Buffer | undefined;
}

/** A path for people: with its slash, bytes that are not text replaced. */
export function shownPath(path: string): string {
  return `/${Buffer.from(path, 'latin1').toString()}`;
}
