// Lets ssh keys into an account of a root: ~/.ssh and authorized_keys as sshd wants them, the account's own and closed to others. Refuses to
// go through a link there, which would open or close something else.

import { chmodSync, closeSync, fchmodSync, fchownSync, lchownSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { CooperError, explainSystemError } from '../../errors/index.ts';
import type { Account } from '../passwd.ts';
import { putInPlace } from '../put-in-place.ts';
import { type Root, shownPath } from '../root.ts';
import { readText } from './account-files.ts';
import { withKeys } from './public-keys.ts';

/** Adds the keys that are not there. Throws `home-missing`, `file-misplaced`, `account-file-unusable`, `no-space`. */
export function addAuthorizedKeys(root: Root, account: Account, keys: readonly string[]): void {
  const folder = `${homeOf(root, account)}/.ssh`;
  const file = `${folder}/authorized_keys`;
  if (!['missing', 'directory'].includes(root.kindOf(folder))) throw inTheWay(file, folder);
  if (!['missing', 'other'].includes(root.kindOf(file))) throw inTheWay(file, file);
  const text = withKeys(
    readText(root, file, 'refuse')?.text ?? '',
    keys.map((key) => Buffer.from(key).toString('latin1')),
  );
  try {
    prepareFolder(root, folder, account);
    putInPlace(root, file, (temporary) => writeOwn(temporary, Buffer.from(text, 'latin1'), account));
  } catch (error) {
    throw explainSystemError(error, `writing /${shownPath(file)}`);
  }
}

/** The real path of the home folder. */
function homeOf(root: Root, { name, home }: Account): string {
  const path = home.startsWith('/') ? root.find(home, 'follow') : undefined;
  if (path !== undefined && root.kindOf(path) === 'directory') return path;
  const [user, folder] = [shownPath(name), shownPath(home)];
  throw new CooperError('home-missing', {
    what: `${user} has no home folder in the root (${folder || 'none is named'})`,
  });
}

function inTheWay(file: string, path: string): CooperError {
  const what = `cannot place /${shownPath(file)}: /${shownPath(path)} is there, and is something else`;
  return new CooperError('file-misplaced', { what, next: 'Take it away first, or name another user with --user.' });
}

/** Owner before mode: chown may clear bits. */
function prepareFolder(root: Root, folder: string, { uid, gid }: Account): void {
  if (root.kindOf(folder) === 'missing') mkdirSync(root.host(folder), 0o700);
  lchownSync(root.host(folder), uid, gid);
  chmodSync(root.host(folder), 0o700);
}

function writeOwn(place: Buffer, bytes: Buffer, { uid, gid }: Account): void {
  const fd = openSync(place, 'wx', 0o600);
  try {
    writeFileSync(fd, bytes);
    fchownSync(fd, uid, gid);
    fchmodSync(fd, 0o600);
  } finally {
    closeSync(fd);
  }
}
