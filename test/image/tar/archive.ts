// Building and reading small archives in memory, for the tests of the codec.

import type { EntryType, TarEntry } from '../../../image/tar/entry.ts';
import { type TarLimits, TarReader } from '../../../image/tar/reader.ts';
import { TarWriter } from '../../../image/tar/writer.ts';

/** An entry with its content. */
export interface Member {
  readonly entry: TarEntry;
  readonly data: Buffer;
}

/** A member with everything filled in that is not given. */
export function member(
  name: string | Buffer,
  type: EntryType,
  more: Partial<TarEntry> & { data?: Buffer } = {},
): Member {
  const { data = Buffer.alloc(0), ...fields } = more;
  const entry: TarEntry = {
    name: Buffer.from(name),
    type,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: data.length,
    mtime: { seconds: 1_600_000_000, nanoseconds: 0 },
    linkName: Buffer.alloc(0),
    xattrs: new Map(),
    ...fields,
  };
  return { entry, data };
}

/** A regular file. */
export function file(name: string, content: string, more: Partial<TarEntry> = {}): Member {
  return member(name, 'file', { data: Buffer.from(content), ...more });
}

/** A symbolic or hard link. */
export function link(name: string, type: 'symlink' | 'hardlink', target: string): Member {
  return member(name, type, { linkName: Buffer.from(target) });
}

/** The archive of these members. */
export function archiveOf(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(Buffer.from(bytes)));
  for (const { entry, data } of members) {
    writer.entry(entry);
    writer.data(data);
  }
  writer.finish();
  return Buffer.concat(parts);
}

/** Everything in an archive, pushed in pieces of `step` bytes. Throws what the reader throws. */
export function membersOf(archive: Buffer, step = archive.length, limits?: TarLimits): Member[] {
  const members: Member[] = [];
  let entry: TarEntry | undefined;
  let parts: Buffer[] = [];
  const handler = {
    entry: (next: TarEntry) => {
      entry = next;
      parts = [];
    },
    data: (chunk: Buffer) => parts.push(Buffer.from(chunk)),
    end: () => {
      if (entry !== undefined) members.push({ entry, data: Buffer.concat(parts) });
    },
  };
  const reader = new TarReader(handler, limits);
  for (let at = 0; at < archive.length; at += step) reader.write(archive.subarray(at, at + step));
  reader.finish();
  return members;
}
