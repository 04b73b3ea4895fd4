// A publisher key for people. Pure.

import { groupedFingerprint, type ListedBuilder } from '../keys/index.ts';
import { newestValid, type PublisherKey, type SigningSubkey } from '../keys/sign.ts';

/** The lines of `cooper keys show`, the listed builders at the end. */
export function keyText(key: PublisherKey, builders: readonly ListedBuilder[] = []): string {
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
    ...builders.map((each) => `builder      ${builderText(each)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** A listed builder in one line. */
export function builderText({ fingerprint, userIds, revoked, valid }: ListedBuilder): string {
  const state = revoked ? ', revoked' : valid ? '' : ', not valid now';
  return `${fingerprint} (${userIds[0] ?? 'no name'})${state}`;
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
