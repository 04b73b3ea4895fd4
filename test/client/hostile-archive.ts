// Archives that a hostile or careless publisher could sign: written by tar-stream and xz, which refuse nothing.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import type { ForeignRootfs } from './publication.ts';

/** One entry; `content` makes it a file. */
export type HostileEntry = Partial<Header> & { readonly name: string } & { readonly content?: string };

/** An archive with a root folder, /etc and the given entries, in this order. */
export async function hostileRootfs(entries: readonly HostileEntry[]): Promise<ForeignRootfs> {
  const archive = pack();
  for (const { content, ...header } of [folder('./'), folder('./etc/'), ...entries]) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, content);
  }
  archive.finalize();
  const tar = await buffer(archive);
  const file = execFileSync('xz', ['--stdout', '-1'], { input: tar, maxBuffer: 64 * 1024 * 1024 });
  return { file, size: tar.length, sha256: createHash('sha256').update(tar).digest('hex') };
}

function folder(name: string): HostileEntry {
  return { name, type: 'directory', mode: 0o755 };
}
