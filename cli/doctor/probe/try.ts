// Looks that may fail, as facts.

import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isSystemError } from '../../../errors/index.ts';
import { asCooperError } from '../../render.ts';
import type { Tried } from '../facts.ts';

/** What `work` gives, or how it failed. */
export async function tried<T>(work: () => Promise<T> | T): Promise<Tried<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const { code, message, next, lines } = asCooperError(error);
    return { ok: false, failure: { code, message, next, lines } };
  }
}

/** True where this process may do that with the path (access(2), real ids). */
export async function mayAccess(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch (error) {
    if (['EACCES', 'ENOENT', 'EROFS', 'ENOTDIR', 'EPERM'].some((code) => isSystemError(error, code))) return false;
    throw error;
  }
}

/** The first file of that name along PATH that can be run. */
export async function programOf(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder.startsWith('/') && (await mayAccess(file, constants.X_OK))) return file;
  }
  return undefined;
}
