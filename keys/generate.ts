// Makes a publisher's OpenPGP key: v4 and ed25519 (the old packet form), so that gpg 2.2 reads it. The primary key only
// certifies; one subkey signs and expires. Nothing is written here: store.ts does.

import { type Config, enums, generateKey, type PrivateKey, type SecretKeyPacket, type SignaturePacket } from 'openpgp';
import { openpgpConfig } from './policy.ts';

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

/**
 * Makes a key that is valid from `now` on. The private parts are not encrypted: the file's mode protects them, since
 * images are signed unattended.
 */
export async function makePublisherKey(name: string, now: Date): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    userIDs: [{ name }],
    type: 'ecc',
    curve: 'ed25519Legacy',
    date: now,
    subkeys: [{ sign: true, keyExpirationTime: signingSubkeyLife }],
    format: 'object',
    config: openpgpConfig,
  });
  await restrictToCertifying(privateKey, now);
  return privateKey;
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
