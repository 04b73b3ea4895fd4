// Small archives of texts, such as clients read beside a root file system: plain files of root, the same bytes for the same texts.

import { Readable } from 'node:stream';
import type { FileDigest } from '../keys/digest.ts';
import { placeFile } from './place-file.ts';
import { TarWriter } from './tar/writer.ts';
import { compressXz } from './xz.ts';

/** Members by name; those that are undefined are left out. */
export type FlatMembers = Readonly<Record<string, string | Buffer | undefined>>;

/** Writes the members in order of name to a `.tar.xz`, by temporary file and rename. `epoch`: time of every member, in seconds. */
export async function writeFlatTar(target: string, members: FlatMembers, epoch: number): Promise<FileDigest> {
  const tar = Readable.from([flatTar(members, epoch)]);
  const { file } = await placeFile(target, (partial) => compressXz(tar, partial, { preset: 6, threads: 1 }));
  return file;
}

function flatTar(members: FlatMembers, epoch: number): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(bytes));
  for (const [name, text] of Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (text === undefined) continue;
    const data = typeof text === 'string' ? Buffer.from(text) : text;
    writer.entry({
      name: Buffer.from(name),
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: data.length,
      mtime: { seconds: epoch, nanoseconds: 0 },
      linkName: Buffer.alloc(0),
      xattrs: new Map(),
    });
    writer.data(data);
  }
  writer.finish();
  return Buffer.concat(parts);
}
