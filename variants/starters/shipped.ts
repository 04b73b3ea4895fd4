// A definition that comes with Cooper, under another name: what to begin with where that is the shortest example.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definitionFolders, findDefinition } from '../find.ts';

/** Texts of the folder of `distribution`, by their paths in it; the definition is called `name`. */
export async function shippedTexts(distribution: string, name: string): Promise<ReadonlyMap<string, string>> {
  const folder = await findDefinition(distribution, definitionFolders());
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = new Map<string, string>();
  for (const path of paths.sort()) texts.set(path.slice(folder.length + 1), await readFile(path, 'utf8'));
  const definition = texts.get('definition.yaml') ?? '';
  return texts.set('definition.yaml', definition.replace(/^name: .*$/m, `name: "${name}"`));
}
