// Reads meta.tar.xz and picks the members that fit a mode (docs/PROTOCOLS.md, section 1). Takes a verified file only;
// refuses members that are not plain files, and an image without `config`.

import { readFile } from 'node:fs/promises';
import { CooperError } from '../../errors/index.ts';
import { decompressXz, TarReader } from '../../image/index.ts';
import type { Verified } from '../../keys/index.ts';

/** `user`: the container has an id map; `system`: it is privileged. */
export type ContainerMode = 'system' | 'user';

/** What an image says about its containers in one mode. Texts still have their placeholders. */
export interface ContainerMetadata {
  readonly config: string;
  readonly fstab: Buffer | undefined;
  /** Rootfs-relative paths of files with placeholders. */
  readonly templates: readonly string[];
  /** Names of archive members that are not unpacked, as `./dev/console`. */
  readonly excludes: readonly string[];
  readonly createMessage: string | undefined;
}

/** Bytes that meta.tar.xz may have, packed and unpacked: it holds a handful of short texts. */
const metadataLimit = 16 * 1024 * 1024;
const compatLevel = 7;

/** Reads the metadata for a mode. Throws `metadata-invalid`, `archive-corrupt`, `archive-too-large`. */
export async function readMetadata(file: Verified<string>, mode: ContainerMode): Promise<ContainerMetadata> {
  const tar = await decompressXz(await readFile(file.value), metadataLimit);
  const members = readMembers(tar);
  const text = (name: string) => pickMember(members, name, mode)?.toString('utf8');
  const config = text('config');
  if (config === undefined) throw new CooperError('metadata-invalid', { what: 'meta.tar.xz has no config' });
  return {
    config,
    fstab: pickMember(members, 'fstab', mode),
    templates: lines(text('templates')),
    excludes: lines(text('excludes')),
    createMessage: text('create-message'),
  };
}

/** The member that LXC's client would take: `X-<mode>` before `X`, then either with `.7` when there is such a one. */
export function pickMember<T>(members: ReadonlyMap<string, T>, name: string, mode: ContainerMode): T | undefined {
  const chosen = members.has(`${name}-${mode}`) ? `${name}-${mode}` : name;
  return members.get(`${chosen}.${compatLevel}`) ?? members.get(chosen);
}

function readMembers(tar: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>();
  let pieces: Buffer[] = [];
  let name = '';
  const reader = new TarReader({
    entry(entry) {
      name = entry.name.toString('utf8').replace(/^(\.\/)+/, '');
      pieces = [];
      if (entry.type === 'file') return;
      if (entry.type === 'directory') name = '';
      else throw new CooperError('metadata-invalid', { what: `${name} in meta.tar.xz is a ${entry.type}` });
    },
    data: (chunk) => void pieces.push(Buffer.from(chunk)),
    end: () => {
      if (name !== '') members.set(name, Buffer.concat(pieces));
    },
  });
  reader.write(tar);
  reader.finish();
  return members;
}

function lines(text: string | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
