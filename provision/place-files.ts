// Changes a root as a definition says. Refuses to write through a symbolic link at the file itself (it is replaced) or
// out of the root. Synchronous: it runs in a worker inside the box, where the ids of the process are those of the image.

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  lutimesSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { explainSystemError } from '../errors/index.ts';
import { Accounts } from './accounts.ts';
import { copyBytes } from './copy-bytes.ts';
import type { PlacedFile } from './placed-file.ts';
import { putInPlace } from './put-in-place.ts';
import { removeFiles } from './remove-files.ts';
import { misplaced, nameOf, parentOf, Root, treePath } from './root.ts';

type Of<Kind extends PlacedFile['kind']> = Extract<PlacedFile, { readonly kind: Kind }>;
interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Carries out changes in their order; each file replaces what is there, whole or not at all. The times of what is placed
 * and of the directories made or changed are `epoch` (seconds since 1970).
 * Throws `file-misplaced`, `owner-unknown`, `removal-refused`, `source-changed` or `no-space`.
 */
export function placeFiles(path: string, files: readonly PlacedFile[], epoch: number): void {
  const root = new Root(path);
  const accounts = new Accounts(root);
  const placed = new Map<string, string>();
  for (const file of files) {
    if (file.kind === 'remove') removeFiles(root, file);
    else if (file.kind === 'directory') placeDirectory(root, file, accounts.idsOf(file, file.path));
    else {
      const target = targetOf(root, file.path);
      const earlier = placed.get(target);
      if (earlier !== undefined) throw misplaced(file.path, `${earlier} is the same place in this root`);
      placed.set(target, file.path);
      placeWhole(root, target, file, accounts.idsOf(file, file.path), epoch);
    }
  }
  for (const directory of root.changed) {
    if (root.kindOf(directory) === 'directory') utimesSync(root.host(directory), epoch, epoch);
  }
}

function targetOf(root: Root, path: string): string {
  const wanted = treePath(path);
  const directory = root.directory(parentOf(wanted), path);
  root.changed.add(directory);
  return directory === '' ? nameOf(wanted) : `${directory}/${nameOf(wanted)}`;
}

function placeDirectory(root: Root, file: Of<'directory'>, { uid, gid }: Ids): void {
  const wanted = treePath(file.path);
  const isThere = root.find(wanted, 'follow') !== undefined;
  const directory = root.directory(wanted, file.path);
  if (isThere && file.existing === 'keep') return;
  // Owner before mode: chown may clear the set-id bits.
  lchownSync(root.host(directory), uid, gid);
  chmodSync(root.host(directory), file.mode);
  root.changed.add(directory);
}

function placeWhole(root: Root, target: string, file: Of<'text' | 'copy' | 'link'>, ids: Ids, epoch: number): void {
  if (root.kindOf(target) === 'directory') throw misplaced(file.path, 'it is a directory');
  try {
    putInPlace(root, target, (temporary) => {
      if (file.kind === 'link') makeLink(temporary, file, ids);
      else writeWhole(temporary, file, ids);
      lutimesSync(temporary, epoch, epoch);
    });
  } catch (error) {
    throw explainSystemError(error, `writing ${file.path}`);
  }
}

function makeLink(path: Buffer, file: Of<'link'>, { uid, gid }: Ids): void {
  symlinkSync(file.target, path);
  lchownSync(path, uid, gid);
}

// Owner before mode: chown clears the set-id bits. The owner is set always, because a set-gid directory gives its group.
function writeWhole(path: Buffer, file: Of<'text' | 'copy'>, { uid, gid }: Ids): void {
  const fd = openSync(path, 'wx');
  try {
    if (file.kind === 'text') writeFileSync(fd, file.content, file.encoding ?? 'utf8');
    else copyBytes(file.source, fd);
    fchownSync(fd, uid, gid);
    fchmodSync(fd, file.mode);
  } finally {
    closeSync(fd);
  }
}
