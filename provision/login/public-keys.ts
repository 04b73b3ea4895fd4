// Lines of authorized_keys (sshd(8)): public keys, perhaps with options before and a comment behind. Refuses what is none, private keys above
// all. Pure.

import { CooperError } from '../../errors/index.ts';

/** A type, and the key that begins with the same type inside (RFC 4253, section 6.6). */
const keyForm = /(?:^|\s)((?:ssh|ecdsa|sk)-[\w@.-]+)[ \t]+([A-Za-z0-9+/]{40,}={0,2})(?=\s|$)/;

/** The keys of a file in their order, without comments and empty lines. `name`: of the file, for people. Throws `ssh-key-invalid`. */
export function publicKeyLines(text: string, name: string): readonly string[] {
  if (/-----BEGIN [\w ]*PRIVATE KEY-----/.test(text)) {
    throw invalid(
      `${name} is a private key`,
      'Give the public one, whose name ends in .pub, and keep this one to yourself.',
    );
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const faulty = keys.find((line) => !isKey(line));
  if (faulty !== undefined) throw invalid(`${name}:${lines.indexOf(faulty) + 1} is no public ssh key`);
  if (keys.length === 0) throw invalid(`${name} holds no public ssh key`);
  return keys;
}

/** The text with the keys that it lacks behind those that it has. */
export function withKeys(text: string, keys: readonly string[]): string {
  const there = new Set(text.split('\n').map((line) => line.trim()));
  const missing = [...new Set(keys)].filter((key) => !there.has(key));
  const begun = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return begun + missing.map((key) => `${key}\n`).join('');
}

function isKey(line: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) return false;
  const [, type = '', base64 = ''] = keyForm.exec(line) ?? [];
  const blob = Buffer.from(base64, 'base64');
  if (blob.length < 4) return false;
  return blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1') === type;
}

function invalid(what: string, next?: string): CooperError {
  return new CooperError('ssh-key-invalid', { what, ...(next === undefined ? {} : { next }) });
}
