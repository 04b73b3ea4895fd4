// What clients of LXC and LXD need beside a root, where the server has not all of it, and whether both belong together.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CooperError } from '../../errors/index.ts';
import { digestFile, type LxcTexts, lxcMembers, lxdName, writeMetadata } from '../../image/index.ts';
import type { Sha256 } from '../../keys/index.ts';
import type { ReadArchive } from './read-archive.ts';
import type { UpstreamBuild } from './upstream-build.ts';

/** Files in which distributions' own images have the name of the container as a placeholder. */
export const usualTemplates = ['etc/hostname', 'etc/hosts'];

/** Writes `<folder>/meta.tar.xz` as our own images have it, from what can be known of any image; `epoch`: its time. */
export async function makeMetadata(
  folder: string,
  build: UpstreamBuild,
  { devices, files }: Pick<ReadArchive, 'devices' | 'files'>,
  epoch: number,
): Promise<void> {
  const common = 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\n';
  const arch = `lxc.arch = ${build.architecture}\n`;
  const lxc: LxcTexts = {
    config: common + arch,
    configUser: `${common}lxc.include = LXC_TEMPLATE_CONFIG/userns.conf\n${arch}`,
    createMessage: `You just created a container of ${titleOf(build)}.\n`,
    templates: usualTemplates.filter((path) => files.has(path)).map((path) => `/${path}`),
    expiryDays: 30,
  };
  await writeMetadata({ directory: folder, epoch, lxc: lxcMembers(lxc, epoch), devices: [], recorded: devices });
}

/** For people. */
export function titleOf({ title, distribution, release, variant }: UpstreamBuild): string {
  const name = title ?? `${distribution} ${release}`;
  return variant === 'default' ? name : `${name} (${variant})`;
}

/**
 * By what LXD and Incus know an image whose files lie in `folder`.
 * @throws CooperError 'download-mismatch' when the server names another
 */
export async function combinedFingerprint(folder: string, build: UpstreamBuild): Promise<Sha256> {
  const hash = createHash('sha256');
  for (const name of [lxdName, 'rootfs.tar.xz']) await digestFile(join(folder, name), hash);
  const fingerprint = hash.digest('hex') as Sha256;
  if (build.combined === undefined || build.combined === fingerprint) return fingerprint;
  throw new CooperError('download-mismatch', {
    what: `the metadata and the root of ${build.folder} do not belong together`,
    lines: [`expected combined sha256 ${build.combined}`, `received combined sha256 ${fingerprint}`],
  });
}
