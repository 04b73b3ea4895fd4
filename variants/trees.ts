// Reads the files and folders that a definition copies into images. Refuses what is missing, leaves the folder of the definition, or is
// neither file, folder nor symbolic link; symbolic links inside a folder are kept as they are and never followed.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isSystemError } from '../errors/index.ts';
import { BesideFile } from './beside-file.ts';
import type { Fault } from './fault.ts';
import type { TextReference } from './texts.ts';

/** One thing to be copied; `path` is relative to the thing that was named, `` for that itself. */
export type CopiedEntry =
  | { readonly type: 'file'; readonly path: string; readonly executable: boolean; readonly file: BesideFile }
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

/** What was named with all that is in it, parents first, in the order of their names. */
export type CopiedTree = readonly CopiedEntry[];

const mostEntries = 100_000;

/** The trees that could be read, by the name that the definition gives, and a fault for each that could not. */
export async function readTrees(
  folder: string,
  references: readonly TextReference[],
): Promise<{ trees: ReadonlyMap<string, CopiedTree>; faults: Fault[] }> {
  const trees = new Map<string, CopiedTree>();
  const faults: Fault[] = [];
  for (const { path, name } of references) {
    try {
      trees.set(name, trees.get(name) ?? (await readTree(folder, name)));
    } catch (error) {
      faults.push({ path, at: 'value', message: problemOf(error, name) });
    }
  }
  return { trees, faults };
}

class Problem extends Error {}

function problemOf(error: unknown, name: string): string {
  if (error instanceof Problem) return error.message;
  if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return `\`${name}\` does not exist`;
  if (isSystemError(error, 'ELOOP')) return `\`${name}\` is a link that leads nowhere`;
  if (isSystemError(error, 'EACCES')) return `\`${name}\` cannot be read`;
  throw error;
}

async function readTree(folder: string, name: string): Promise<CopiedTree> {
  const home = await realpath(folder);
  const top = await realpath(join(home, name));
  if (!top.startsWith(home + sep)) throw new Problem(`\`${name}\` leaves the folder of the definition`);
  const entries: CopiedEntry[] = [];
  const add = async (file: string, path: string): Promise<void> => {
    if (entries.length >= mostEntries) throw new Problem(`\`${name}\` has more than ${mostEntries} entries`);
    const shown = path === '' ? name : join(name, path);
    const { entry, names } = await readEntry(file, path, shown);
    entries.push(entry);
    for (const each of names) await add(join(file, each), path === '' ? each : `${path}/${each}`);
  };
  await add(top, '');
  return entries;
}

async function readEntry(
  place: string,
  path: string,
  shown: string,
): Promise<{ entry: CopiedEntry; names: readonly string[] }> {
  const status = await lstat(place);
  if (status.isSymbolicLink()) {
    return { entry: { type: 'link', path, target: await readlink(place) }, names: [] };
  }
  if (status.isDirectory()) return { entry: { type: 'directory', path }, names: await namesIn(place, shown) };
  if (!status.isFile()) throw new Problem(`\`${shown}\` is neither a file nor a folder`);
  const { size, sha256 } = await digestOf(place);
  const executable = (status.mode & 0o100) !== 0;
  return { entry: { type: 'file', path, executable, file: new BesideFile(place, size, sha256) }, names: [] };
}

async function namesIn(folder: string, shown: string): Promise<readonly string[]> {
  const names = await readdir(folder, { encoding: 'buffer' });
  return names
    .map((bytes) => {
      const name = bytes.toString();
      if (!Buffer.from(name).equals(bytes)) throw new Problem(`\`${shown}\` holds a name that is not UTF-8 text`);
      return name;
    })
    .sort((one, other) => (one < other ? -1 : 1));
}

async function digestOf(file: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { size, sha256: hash.digest('hex') };
}
