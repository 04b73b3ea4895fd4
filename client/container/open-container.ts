// Finds a container that is there: its folder, its root filesystem and its ids, as its config says. Refuses containers whose root
// is not a plain folder. Changes nothing.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import type { ContainerRoot } from './box.ts';
import { type HostUser, readExpandedConfig } from './host-config.ts';
import { type ConfigLine, idMapOf } from './lxc-config.ts';
import { containerName } from './name.ts';
import { containersFolder, type TargetChoice } from './target.ts';

/** A container by its name, in the folder that the command line, the home or LXC says. */
export interface ContainerChoice extends TargetChoice {
  readonly name: string;
  readonly user: HostUser;
}

/** A container that is there. */
export interface FoundContainer extends ContainerRoot {
  /** Holds `config`. */
  readonly folder: string;
}

/**
 * The container of that name.
 * @throws CooperError `container-name-invalid`, `container-not-found`, `container-unsupported`, `lxc-config-invalid`
 */
export async function openContainer(choice: ContainerChoice): Promise<FoundContainer> {
  const name = containerName(choice.name);
  const folder = path.join(await containersFolder(choice, choice.user), name);
  const file = path.join(folder, 'config');
  const lines = await readExpandedConfig(file);
  if (lines === undefined) {
    throw new CooperError('container-not-found', { what: `there is no container ${folder}` });
  }
  const rootfs = rootfsOf(lines, folder);
  await requireFolder(rootfs, folder);
  return { name, folder, rootfs, idMap: idMapOf(lines, file) ?? 'host' };
}

function rootfsOf(lines: readonly ConfigLine[], folder: string): string {
  const value = lines.findLast(({ key }) => key === 'lxc.rootfs.path' || key === 'lxc.rootfs')?.value;
  if (value === undefined || value === '') return path.join(folder, 'rootfs');
  const plain = value.replace(/^dir:/, '');
  if (plain.startsWith('/')) return plain;
  throw new CooperError('container-unsupported', { what: `the root of ${folder} is ${value}` });
}

async function requireFolder(rootfs: string, folder: string): Promise<void> {
  try {
    if ((await stat(rootfs)).isDirectory()) return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  throw new CooperError('container-not-found', { what: `${folder} has no root filesystem at ${rootfs}` });
}
