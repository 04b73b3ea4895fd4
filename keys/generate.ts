// Makes a publisher's OpenPGP key: v4 and ed25519 (the old packet form), so that gpg 2.2 reads it. The primary key only
// certifies; one subkey signs and expires, others follow it. Nothing is written here: store.ts does.

import {
  type Config,
  enums,
  generateKey,
  type PrivateKey,
  type SecretKeyPacket,
  type SignaturePacket,
  type Subkey,
} from 'openpgp';
import { openpgpConfig } from './policy.ts';
import { revocationText } from './revocation.ts';

/** Life of a signing subkey: seconds. */
export const signingSubkeyLife = 90 * 24 * 3600;

/** User id when the publisher gives no name. No name of a host ever stands in a key. */
export const defaultUserName = 'Cooper publisher';

/** The form of `sign` that certifies a user id: openpgp has it, its types leave it out. */
interface Certifying {
  sign(
    key: SecretKeyPacket,
    data: { userID: unknown; key: SecretKeyPacket },
    date: Date,
    detached: boolean,
    config: Config,
  ): Promise<void>;
}

/** A new key, and the certificate that revokes it: made now, for the day on which the key is lost. */
export interface NewKey {
  readonly key: PrivateKey;
  readonly revocation: string;
}

/**
 * Makes a key that is valid from `now` on; its signing subkey lives for `life` seconds. The private parts are not encrypted.
 */
export async function makePublisherKey(name: string, now: Date, life: number): Promise<NewKey> {
  const { privateKey, revocationCertificate } = await generateKey({
    userIDs: [{ name }],
    type: 'ecc',
    curve: 'ed25519Legacy',
    date: now,
    subkeys: [{ sign: true, keyExpirationTime: life }],
    format: 'object',
    config: openpgpConfig,
  });
  await restrictToCertifying(privateKey, now);
  return { key: privateKey, revocation: revocationText(privateKey, revocationCertificate) };
}

/** Makes a signing subkey that is valid from `now` on, certified by `primary`, whose primary key must be unlocked. */
export async function makeSigningSubkey(primary: PrivateKey, now: Date, life: number): Promise<Subkey> {
  const grown = await primary.addSubkey({
    sign: true,
    type: 'ecc',
    curve: 'ed25519Legacy',
    keyExpirationTime: life,
    date: now,
    config: openpgpConfig,
  });
  const subkey = grown.subkeys.at(-1);
  if (subkey === undefined) throw new TypeError('openpgp has added no subkey');
  return subkey;
}

/** openpgp lets every primary key sign data: the user id is certified anew without that right. */
async function restrictToCertifying(key: PrivateKey, now: Date): Promise<void> {
  const primary = key.keyPacket as SecretKeyPacket;
  for (const user of key.users) {
    for (const certification of user.selfCertifications) {
      certification.keyFlags = [enums.keyFlags.certifyKeys] as unknown as Uint8Array;
      certification.rawNotations = [];
      const certifying = certification as Omit<SignaturePacket, 'sign'> as unknown as Certifying;
      await certifying.sign(primary, { userID: user.userID, key: primary }, now, false, openpgpConfig);
    }
  }
}
