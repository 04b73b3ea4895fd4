// Takes every password from a root that somebody else has made: no account or group of it lets anybody in by one.

import { Root } from '../root.ts';
import { readText, replaceText } from './account-files.ts';

/** Of passwd and group `x` sends the reader to the shadow file; a group without a password has none that could be given. */
const files = [
  { path: 'etc/passwd', mode: 0o644, harmless: ['x'] },
  { path: 'etc/shadow', mode: 0o600, harmless: [] },
  // nss-extrausers, as Ubuntu Core has it.
  { path: 'var/lib/extrausers/passwd', mode: 0o644, harmless: ['x'] },
  { path: 'var/lib/extrausers/shadow', mode: 0o600, harmless: [] },
  { path: 'etc/group', mode: 0o644, harmless: ['x', ''] },
  { path: 'etc/gshadow', mode: 0o600, harmless: [''] },
] as const;

/** Locks what is not locked. Throws `account-file-unusable`, `no-space`. */
export function lockAccounts(path: string): void {
  const root = new Root(path);
  for (const file of files) {
    const found = readText(root, file.path, 'refuse');
    if (found === undefined) continue;
    const text = lockedText(found.text, file.harmless);
    if (text !== found.text) replaceText(root, { path: found.path, text }, file.mode);
  }
}

/** The text of an account file in which nothing but `harmless` words, `*` and `!` stand for a password. */
export function lockedText(text: string, harmless: readonly string[]): string {
  return text
    .split('\n')
    .map((line) => {
      const [name, password, ...rest] = line.split(':');
      if (password === undefined || /^[*!]+$/.test(password) || harmless.includes(password)) return line;
      return [name, '*', ...rest].join(':');
    })
    .join('\n');
}
