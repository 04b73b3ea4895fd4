// A folder of files that are made anew while programs run from it.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What is made: its path below the folder, and its bytes. */
export interface MadeFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

function has(path: string, content: Buffer): boolean {
  try {
    return readFileSync(path).equals(content);
  } catch {
    return false;
  }
}

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Makes `folder` hold exactly `files`. One that has its bytes already is left as it is, so that making the same again takes nothing
 * away from whoever runs; others are exchanged whole, in the given order: name those first that later ones need.
 */
export function putFiles(folder: string, files: readonly MadeFile[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { path, content } of files) {
    const target = join(folder, path);
    const bytes = Buffer.from(content);
    if (has(target, bytes)) continue;
    mkdirSync(dirname(target), { recursive: true });
    const fresh = `${target}.${process.pid}.new`;
    writeFileSync(fresh, bytes);
    renameSync(fresh, target);
  }
  const wanted = new Set(files.map(({ path }) => join(folder, path)));
  for (const path of filesBelow(folder)) if (!wanted.has(path)) rmSync(path, { force: true });
}
