// Changes the password of an account of a root: asks the root which hashes it understands, and writes passwd and shadow.

import { CooperError } from '../../errors/index.ts';
import { hashPassword } from '../../native/crypt.ts';
import { byteString, Root } from '../root.ts';
import { type RootText, readText, replaceText } from './account-files.ts';
import { type AccountTexts, withoutPassword, withPassword } from './account-text.ts';
import { cryptFacts } from './crypt-facts.ts';
import { chooseMethod, hashKind, understandsHash } from './crypt-method.ts';
import type { PasswordChange } from './login.ts';

/** `today`: days since 1970. `keys`: ssh keys are to let the account in. */
export interface PasswordContext {
  readonly today: number;
  readonly keys: boolean;
}

/** Mode of a shadow file that there was none of. */
const shadowMode = 0o600;

/** Throws `account-file-unusable`, `hash-not-understood`, `crypt-unavailable`, `no-space`. */
export function changePassword(root: Root, user: string, change: PasswordChange, context: PasswordContext): void {
  const name = byteString(user);
  edit(root, (texts) => {
    if (change.kind === 'locked') return withoutPassword(texts, name, context.keys);
    return withPassword(texts, name, {
      hash: change.kind === 'hash' ? understood(root, change.hash) : hashed(root, change.text),
      changed: change.expire ? 0 : context.today,
    });
  });
}

/** Locks the password that an image may have for root; an image without accounts is fine. Throws `account-file-unusable`, `no-space`. */
export function lockRoot(path: string): void {
  edit(new Root(path), (texts) => withoutPassword(texts, 'root', false));
}

function edit(root: Root, change: (texts: AccountTexts) => AccountTexts): void {
  const passwd = readText(root, 'etc/passwd', 'refuse');
  if (passwd === undefined) return;
  const shadow = readText(root, 'etc/shadow', 'refuse');
  const changed = change({ passwd: passwd.text, shadow: shadow?.text });
  // The hash first: a passwd that sends its reader to a shadow without the account would let nobody in.
  if (changed.shadow !== undefined) replaceChanged(root, shadow ?? newShadow(root), changed.shadow);
  replaceChanged(root, passwd, changed.passwd);
}

function newShadow(root: Root): RootText {
  return { path: `${root.directory('etc', '/etc/shadow')}/shadow`, text: '' };
}

function replaceChanged(root: Root, { path, text: before }: RootText, text: string): void {
  if (text !== before) replaceText(root, { path, text }, shadowMode);
}

function hashed(root: Root, text: string): string {
  return hashPassword(text, chooseMethod(cryptFacts(root)));
}

function understood(root: Root, hash: string): string {
  const kind = hashKind(hash);
  if (kind !== undefined && understandsHash(cryptFacts(root), kind)) return hash;
  throw new CooperError('hash-not-understood', { what: `the root understands no hashes of the kind ${kind}` });
}
