// What an entry of a tar archive says. Names are bytes: a file name on Linux need not be text.

/** Kinds of entry that Cooper reads and writes; sparse files, volumes and dumps are refused by the reader. */
export type EntryType = 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** A time with the precision of the kernel: seconds since 1970 (may be negative), 0 ≤ nanoseconds < 10⁹. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** The largest device numbers: 12 and 20 bits (Linux, include/linux/kdev_t.h). */
export const mostDevice = { major: 0xfff, minor: 0xfffff } as const;

/** The largest id of an owner. One more is the -1 that tells chown(2) to leave the owner as it is. */
export const mostOwner = 2 ** 32 - 2;

/** One entry. A directory's name has no trailing slash here; the codec adds and strips it. */
export interface TarEntry {
  /** As it stands in the archive: `./etc/passwd`; the root itself is `.`. */
  readonly name: Buffer;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data that follow; 0 for everything but files. */
  readonly size: number;
  readonly mtime: Timestamp;
  /** Target of a symlink, or name of the earlier entry that a hard link shares; otherwise empty. */
  readonly linkName: Buffer;
  /** Only of character and block devices. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes by name, values byte for byte. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}
