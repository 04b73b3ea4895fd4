// Reads --password: where a container's password comes from, and whether it is for the first login alone. Pure. What was typed is never shown
// again: it may have been meant as a password.

import { CooperError } from '../errors/index.ts';
import { hashKind } from '../provision/index.ts';

/** Where it comes from; `expire`: it has to be changed at the first login. */
export type PasswordChoice =
  | { readonly from: 'locked' }
  | { readonly from: 'random' | 'prompt'; readonly expire: boolean }
  | { readonly from: 'hash'; readonly hash: string; readonly expire: boolean }
  | { readonly from: 'file'; readonly file: string; readonly expire: boolean };

/**
 * One source, with `expire` before or behind it; `expire` alone is for a random one, since without a password there is nothing to
 * change. Throws `bad-usage`.
 */
export function parsePasswordChoice(values: readonly string[]): PasswordChoice {
  const expire = values.includes('expire');
  const [source = expire ? 'random' : 'locked', ...more] = values.filter((value) => value !== 'expire');
  if (more.length > 0) throw refused('says twice where the password comes from');
  if (source === 'locked') {
    if (expire) throw refused('is locked and expire at once: nobody could log in to change it');
    return { from: 'locked' };
  }
  if (source === 'random' || source === 'prompt') return { from: source, expire };
  const [, kind, rest = ''] = /^(hash|file):(.*)$/s.exec(source) ?? [];
  if (kind === 'file' && rest !== '') return { from: 'file', file: rest, expire };
  if (kind === 'hash' && hashKind(rest) !== undefined) return { from: 'hash', hash: rest, expire };
  if (kind === 'hash') {
    throw refused(
      'has no hash that is strong and whole: yescrypt ($y$), scrypt ($7$), bcrypt ($2b$), sha512 ($6$), sha256 ($5$)',
      "Quote it with '…', since shells replace what follows a $; `openssl passwd -6` makes one.",
    );
  }
  throw refused('is none of locked, random, prompt, hash:HASH, file:PATH, expire');
}

function refused(
  how: string,
  next = 'A password itself never stands on a command line: use file:PATH or prompt.',
): CooperError {
  return new CooperError('bad-usage', { what: `--password ${how}`, next });
}
