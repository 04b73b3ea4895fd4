// Where definitions are: `<folder>/<distribution>/definition.yaml` in the package itself and in a folder of the user's,
// which goes first. Reads folders only; what is in a definition is load.ts's.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { unknown } from './names.ts';

/** The folders to look in, in order; `extra` is searched before the package's own. */
export function definitionFolders(extra?: string): string[] {
  const packageRoot = dirname(createRequire(import.meta.url).resolve('#root/package.json'));
  return [...(extra === undefined ? [] : [extra]), join(packageRoot, 'variants')];
}

/** Every distribution with its definition's folder, sorted by name; earlier folders win. Throws `bad-usage` when a folder is none. */
export async function listDefinitions(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await distributionsIn(folder)) {
      if (!found.has(name)) found.set(name, join(folder, name));
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The definition in `folder` itself, else those one level below it. Throws `bad-usage` when there is none. */
export async function definitionsAt(folder: string): Promise<ReadonlyMap<string, string>> {
  if (await holdsDefinition(folder)) return new Map([[basename(folder), folder]]);
  const found = await listDefinitions([folder]);
  if (found.size > 0) return found;
  throw new CooperError('bad-usage', {
    what: `${folder} holds no definition`,
    next: 'Name a folder with a definition.yaml in it, or one level below it',
  });
}

/** The folder of a distribution's definition. Throws `unknown-distribution` with near matches. */
export async function findDefinition(distribution: string, folders: readonly string[]): Promise<string> {
  const definitions = await listDefinitions(folders);
  const folder = definitions.get(distribution);
  if (folder !== undefined) return folder;
  const what = `there is no definition of \`${distribution}\``;
  throw unknown('unknown-distribution', what, distribution, [...definitions.keys()]);
}

async function distributionsIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of (await entriesOf(folder)).filter((entry) => !entry.isFile())) {
    if (await holdsDefinition(join(folder, name))) names.push(name);
  }
  return names;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'ENOTDIR')) throw error;
    throw new CooperError('bad-usage', { what: `${folder} is not a folder of definitions`, cause: error });
  }
}

async function holdsDefinition(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).includes('definition.yaml');
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR') || isSystemError(error, 'ENOENT') || isSystemError(error, 'EACCES'))
      return false;
    throw error;
  }
}
