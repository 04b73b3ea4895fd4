// What has no business in a published tree: links other than those of the layout, devices, sockets, files outside of builds, and
// generations beside the link. Says nothing of what is inside the files.

import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import type { Finding } from './finding.ts';

/** Files and folders at the top of a tree: of the layout, or of the work of whoever changes it. */
const top = [
  'format',
  'generations',
  'images',
  'live',
  '.lock',
  '.staging',
  '.fetching',
  '.departed.json',
  '.origin.json',
  '.mirror.lock',
  '.upstream.json',
];

/** images/<distribution>/<release>/<architecture>/<variant>/<build>/<file> */
const partsOfFile = 7;

/** Looks through the names of a tree. */
export async function strangeEntries(tree: string): Promise<Finding[]> {
  const strange = (await readdir(tree)).filter((name) => !top.includes(name));
  const findings = strange.map((path) => ({ path, problem: 'is not part of a tree' }));
  for (const folder of ['images', 'generations']) findings.push(...(await walk(tree, folder)));
  return findings;
}

async function walk(tree: string, folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const entry of await entriesOf(join(tree, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) findings.push(...(await walk(tree, path)));
    else if (entry.isSymbolicLink() && !(await isOfLayout(tree, path))) {
      findings.push({ path, problem: `is a link to ${await readlink(join(tree, path))}` });
    } else if (!entry.isFile() && !entry.isSymbolicLink()) {
      findings.push({ path, problem: 'is neither file nor folder' });
    } else if (folder.startsWith('images') && path.split('/').length < partsOfFile) {
      findings.push({ path, problem: 'is a file where there are only folders' });
    }
  }
  return findings;
}

/** The way from a generation, or from one of its channels, to the builds. */
async function isOfLayout(tree: string, path: string): Promise<boolean> {
  const [, channel] = /^generations\/\d+\/(?:([^/]+)\/)?images$/.exec(path) ?? [undefined, ''];
  if (channel === '') return false;
  return (await readlink(join(tree, path))) === (channel === undefined ? '../../images' : '../images');
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return [];
    throw error;
  }
}
