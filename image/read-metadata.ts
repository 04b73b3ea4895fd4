// Reads meta.tar.xz: its members, and which of them a stock client takes in its mode (docs/PROTOCOLS.md, section 1).
// Refuses members that are not plain files.

import { readFile } from 'node:fs/promises';
import { CooperError } from '../errors/index.ts';
import { TarReader } from './tar/reader.ts';
import { decompressXz } from './xz.ts';

/** `user`: the container has an id map; `system`: it is privileged. */
export type ContainerMode = 'system' | 'user';

/** Bytes that meta.tar.xz may have, packed and unpacked: it holds a handful of short texts. */
const metadataLimit = 16 * 1024 * 1024;
const compatLevel = 7;

/** The members by name. Throws `metadata-invalid`, `archive-corrupt`, `archive-too-large`. */
export async function readMetadataMembers(file: string): Promise<Map<string, Buffer>> {
  const tar = await decompressXz(await readFile(file), metadataLimit);
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

/** The member that LXC's client would take: `X-<mode>` before `X`, then either with `.7` when there is such a one. */
export function pickMember<T>(members: ReadonlyMap<string, T>, name: string, mode: ContainerMode): T | undefined {
  const chosen = members.has(`${name}-${mode}`) ? `${name}-${mode}` : name;
  return members.get(`${chosen}.${compatLevel}`) ?? members.get(chosen);
}

/** The lines of a member that lists something, one a line. */
export function memberLines(member: Buffer | undefined): string[] {
  return (member?.toString('utf8') ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
