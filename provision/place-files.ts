// Puts files into a root. Refuses to write through a symbolic link at the file itself (it is replaced) or out of the
// root. Synchronous: it runs in a worker inside the box, where the ids of the process are those of the image.

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { explainSystemError } from '../errors/index.ts';
import { directoryInside, misplaced } from './inside.ts';

/** A file to be placed: absolute path in the root, its whole text, permission bits. */
export interface PlacedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/**
 * Places files in order; each replaces what is there, whole or not at all. They belong to the caller (root, in a box);
 * their times and those of the directories made or changed are `epoch` (seconds since 1970).
 * Throws `file-misplaced` or `no-space`.
 */
export function placeFiles(root: string, files: readonly PlacedFile[], epoch: number): void {
  const changed = new Set<string>();
  for (const file of files) {
    const { directory, made } = directoryInside(root, dirname(file.path));
    for (const path of made) chmodSync(path, 0o755);
    for (const path of [...made, ...made.map((each) => dirname(each)), directory]) changed.add(path);
    placeFile(directory, file, epoch);
  }
  for (const directory of changed) utimesSync(directory, epoch, epoch);
}

function placeFile(directory: string, file: PlacedFile, epoch: number): void {
  const target = join(directory, basename(file.path));
  if (lstatSync(target, { throwIfNoEntry: false })?.isDirectory()) throw misplaced(file.path, 'it is a directory');
  const temporary = join(directory, `.${basename(file.path)}.cooper`);
  rmSync(temporary, { force: true });
  try {
    writeWhole(temporary, file);
    utimesSync(temporary, epoch, epoch);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw explainSystemError(error, `writing ${file.path}`);
  }
}

// Owner before mode: chown clears the set-id bits. The owner is set because a set-gid directory gives another group.
function writeWhole(path: string, file: PlacedFile): void {
  const fd = openSync(path, 'wx');
  try {
    writeFileSync(fd, file.content);
    fchownSync(fd, process.geteuid?.() ?? 0, process.getegid?.() ?? 0);
    fchmodSync(fd, file.mode);
  } finally {
    closeSync(fd);
  }
}
