// What the metadata of an image says about a container in one mode (docs/PROTOCOLS.md, section 1). Takes a verified file
// only; refuses an image without `config`.

import { CooperError } from '../../errors/index.ts';
import { type ContainerMode, memberLines, pickMember, readMetadataMembers } from '../../image/index.ts';
import type { Verified } from '../../keys/index.ts';

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

/** Reads the metadata for a mode. Throws `metadata-invalid`, `archive-corrupt`, `archive-too-large`. */
export async function readMetadata(file: Verified<string>, mode: ContainerMode): Promise<ContainerMetadata> {
  const members = await readMetadataMembers(file.value);
  const member = (name: string) => pickMember(members, name, mode);
  const config = member('config')?.toString('utf8');
  if (config === undefined) throw new CooperError('metadata-invalid', { what: 'meta.tar.xz has no config' });
  return {
    config,
    fstab: member('fstab'),
    templates: memberLines(member('templates')),
    excludes: memberLines(member('excludes')),
    createMessage: member('create-message')?.toString('utf8'),
  };
}
