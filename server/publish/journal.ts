// The journal of what a turn puts into images/ before a generation names it: the next turn takes back what was never announced.

import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import { treePaths } from './tree.ts';

const journalName = 'placed';

/** Notes durably that `path` (relative to the tree, a folder with a slash at its end) is going to be there. */
export async function notePlaced(tree: string, path: string): Promise<void> {
  const { staging } = treePaths(tree);
  await mkdir(staging, { recursive: true });
  const file = await open(join(staging, journalName), 'a');
  try {
    await file.writeFile(`${path}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Everything that a turn has noted and may not have announced yet. A line that was cut off is none. */
export async function placedPaths(tree: string): Promise<string[]> {
  try {
    return (await readFile(join(treePaths(tree).staging, journalName), 'utf8'))
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('images/'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
