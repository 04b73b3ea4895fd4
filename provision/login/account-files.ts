// Reads and replaces the files of accounts of a root that nobody vouches for: links are followed inside the root only, what is no plain
// file of a sensible size is refused, and a new text takes the place of the old one at once.

import { closeSync, fchmodSync, fchownSync, lstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { CooperError, explainSystemError } from '../../errors/index.ts';
import { lgetxattr, llistxattr, lsetxattr } from '../../native/sys.ts';
import type { Account } from '../passwd.ts';
import { putInPlace } from '../put-in-place.ts';
import { byteString, type Root, shownPath } from '../root.ts';
import { findAccount, knownAccounts } from './account-text.ts';

/** Bytes; no account file of a distribution comes near it. */
const sizeLimit = 1 << 20;

/** A text of the root: where it really is, and its bytes as characters. */
export interface RootText {
  readonly path: string;
  readonly text: string;
}

/** The text at `path`; undefined where nothing is. Something else than a plain file is refused (`account-file-unusable`) or skipped. */
export function readText(root: Root, path: string, strange: 'refuse' | 'skip'): RootText | undefined {
  const found = root.find(path, 'follow');
  if (found === undefined) return undefined;
  const status = lstatSync(root.host(found));
  // A FIFO would block, and a device may do anything when it is opened.
  if (!status.isFile()) return unusable(path, 'is no plain file', strange);
  if (status.size > sizeLimit) return unusable(path, `has ${status.size} bytes`, strange);
  return { path: found, text: readFileSync(root.host(found), 'latin1') };
}

function unusable(path: string, how: string, strange: 'refuse' | 'skip'): undefined {
  if (strange === 'skip') return undefined;
  throw new CooperError('account-file-unusable', { what: `/${shownPath(path)} of the root ${how}` });
}

/** The account; throws `user-unknown` with those that there are. */
export function requireAccount(root: Root, user: string): Account {
  const passwd = readText(root, 'etc/passwd', 'refuse')?.text ?? '';
  // Characters of the text are bytes.
  const account = findAccount(passwd, byteString(user));
  if (account !== undefined) return account;
  const names = knownAccounts(passwd).map(shownPath);
  throw new CooperError('user-unknown', {
    what: `the root has no user ${user}`,
    next: names.length === 0 ? 'It has no users at all.' : `It has ${names.join(', ')}.`,
  });
}

/** Writes a text; one that is there already gives its owner, mode and attributes to the new one. `fresh`: mode of a new one, which is the worker's own. */
export function replaceText(root: Root, { path, text }: RootText, fresh: number): void {
  const old = root.kindOf(path) === 'other' ? root.host(path) : undefined;
  const bytes = Buffer.from(text, 'latin1');
  try {
    putInPlace(root, path, (temporary) => writeLike(temporary, bytes, old, fresh));
  } catch (error) {
    throw explainSystemError(error, `writing /${shownPath(path)}`);
  }
}

/** Owner before mode: chown clears set-id bits. Attributes last, access lists among them. */
function writeLike(place: Buffer, bytes: Buffer, old: Buffer | undefined, fresh: number): void {
  const fd = openSync(place, 'wx', 0o600);
  try {
    writeFileSync(fd, bytes);
    const status =
      old === undefined
        ? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, mode: fresh }
        : lstatSync(old);
    fchownSync(fd, status.uid, status.gid);
    fchmodSync(fd, status.mode & 0o7777);
  } finally {
    closeSync(fd);
  }
  if (old === undefined) return;
  for (const name of llistxattr(old).filter(isKept)) lsetxattr(place, name, lgetxattr(old, name));
}

const isKept = (name: string) => name.startsWith('user.') || name.startsWith('system.posix_acl_');
