// A publisher key for people. Pure.

import { groupedFingerprint } from '../keys/index.ts';
import { newestValid, type PublisherKey, type SigningSubkey } from '../keys/sign.ts';

/** The lines of `cooper keys show`. */
export function keyText(key: PublisherKey): string {
  const signing = newestValid(key.subkeys);
  const lines = [
    `fingerprint  ${groupedFingerprint(key.fingerprint)}`,
    `  in words   ${key.words[0]}`,
    `             ${key.words[1]}`,
    `clients pin  ${key.fingerprint}`,
    ...key.userIds.map((userId) => `user id      ${userId}`),
    `valid        ${validity(key)}`,
    ...key.subkeys.map(
      (subkey) => `subkey       ${subkey.fingerprint} ${span(subkey)}${subkey === signing ? ', signs' : ''}`,
    ),
    `primary key  ${key.primary === 'here' ? 'in the home folder' : 'offline'}`,
    `passphrase   ${key.protected ? 'yes' : 'none: whoever can read the key file can sign'}`,
    `revocation   ${key.revocationCertificate ?? 'no certificate: `cooper keys rotate` makes one'}`,
  ];
  return `${lines.join('\n')}\n`;
}

function validity({ revoked, expires }: PublisherKey): string {
  if (revoked) return 'no: revoked';
  return expires === null ? 'until it is revoked' : `until ${day(expires)}`;
}

function span({ created, expires, revoked, valid }: SigningSubkey): string {
  const from = `from ${day(created)} `;
  const until = expires === null ? 'on' : `until ${day(expires)}`;
  const state = revoked ? ', revoked' : valid ? '' : ', not valid now';
  return `${from}${until}${state}`;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
