// Looks at the programs that write maps of ids for ordinary users.

import { realpath, stat } from 'node:fs/promises';
import { CooperError, isSystemError } from '../../../errors/index.ts';
import { llistxattr, type Mount, mountOf } from '../../../native/index.ts';
import type { FileFacts, MapProgram } from '../facts.ts';
import { programOf } from './try.ts';

/** newuidmap and newgidmap, as PATH has them. */
export function lookAtMapPrograms(mounts: readonly Mount[], env: NodeJS.ProcessEnv): Promise<readonly MapProgram[]> {
  const look = async (name: string): Promise<MapProgram> => {
    const path = await programOf(name, env);
    return path === undefined ? { name } : { name, file: await lookAtFile(path, mounts) };
  };
  return Promise.all(['newuidmap', 'newgidmap'].map(look));
}

async function lookAtFile(path: string, mounts: readonly Mount[]): Promise<FileFacts> {
  const { uid, mode } = await stat(path);
  const real = await realpath(path);
  return {
    path,
    uid,
    mode: mode & 0o7777,
    capable: attributesOf(real).includes('security.capability'),
    nosuid: mountOf(mounts, real)?.flags.includes('nosuid') ?? false,
  };
}

function attributesOf(path: string): readonly string[] {
  try {
    return llistxattr(path);
  } catch (error) {
    // Without the addon too, whose lack is told by itself.
    if (error instanceof CooperError) return [];
    if (isSystemError(error, 'ENOTSUP') || isSystemError(error, 'EOPNOTSUPP')) return [];
    throw error;
  }
}
