// Signing: the one door to private keys. Only cli/ and server/publish/ may import it, never a process that faces the network.
// Refuses keys that others could read, and subkeys that have expired or were revoked. What changes a key is in change-key.ts.

import { createCleartextMessage, type PrivateKey, type SecretSubkeyPacket, type Subkey, sign } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { toCertificate } from './certificate.ts';
import { newestValid } from './choose-subkey.ts';
import { survivesClearSigning } from './clear-signed.ts';
import { describeKey, type KeyDescription } from './describe.ts';
import { hashBytes, hashFile } from './hash-file.ts';
import { type AskPassphrase, unlock } from './passphrase.ts';
import { openpgpConfig } from './policy.ts';
import { signDetached } from './sign-detached.ts';
import type { Signer } from './signer.ts';
import { hasSecretKey, readSecretKey } from './store.ts';

export {
  changePassphrase,
  describePublisherKey,
  exportPrimaryKey,
  generatePublisherKey,
  type PublisherKey,
  revokePublisherKey,
  rotateSigningKey,
} from './change-key.ts';
export { newestValid } from './choose-subkey.ts';
export type { SigningSubkey } from './describe.ts';
export type { AskPassphrase, PassphraseSources } from './passphrase.ts';
export type { RevocationReason } from './revocation.ts';
export { readSecretFile } from './secret-file.ts';
export { binarySignature, signBuild } from './sign-build.ts';
export type { Signer } from './signer.ts';

/** True when `directory` holds a publisher key. */
export function hasPublisherKey(directory: string): Promise<boolean> {
  return hasSecretKey(directory);
}

/**
 * Opens the publisher key of `directory`; every signature is dated `now` and made by the newest valid subkey. `ask` is called when that
 * is under a passphrase.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable', 'publisher-key-expired', 'publisher-key-revoked',
 *   'passphrase-wrong', 'passphrase-missing'
 */
export async function openSigner(directory: string, now: Date, ask: AskPassphrase = noPassphrase): Promise<Signer> {
  const key = await readSecretKey(directory);
  const subkey = await signingSubkey(key, now);
  const packet = subkey.keyPacket as SecretSubkeyPacket;
  await unlock(packet, ask);
  const { fingerprint, armored } = toCertificate(key);
  const options = { signingKeys: key, signingKeyIDs: subkey.getKeyID(), date: now, config: openpgpConfig };
  return {
    fingerprint,
    certificate: armored,
    signDetached: async (bytes) => {
      const { armored: signature } = await signDetached(packet, now, (wanted) => hashBytes(bytes, wanted));
      return signature;
    },
    signFile: (path) => signDetached(packet, now, (wanted) => hashFile(path, wanted)),
    signClear: async (text) => {
      if (!survivesClearSigning(text)) throw new TypeError('text would change when it is clear-signed');
      // openpgp writes CRLF; with \n the file reads as it was, and the signature covers both forms alike.
      return (await sign({ ...options, message: await createCleartextMessage({ text }) })).replaceAll('\r\n', '\n');
    },
  };
}

async function signingSubkey(key: PrivateKey, now: Date): Promise<Subkey> {
  const description = await describeKey(key, now);
  const chosen = newestValid(description.subkeys);
  const subkey = key.subkeys.find((each) => each.getFingerprint().toUpperCase() === chosen?.fingerprint);
  if (subkey !== undefined) return subkey;
  throw refusal(description);
}

function refusal({ fingerprint, revoked, subkeys }: KeyDescription): CooperError {
  if (revoked) return new CooperError('publisher-key-revoked', { what: `the publisher key ${fingerprint} is revoked` });
  const left = subkeys.filter((subkey) => !subkey.revoked);
  if (left.length === 0) {
    const next = 'Make a new signing subkey with `cooper keys rotate`.';
    return new CooperError('publisher-key-revoked', { what: 'every signing subkey is revoked', next });
  }
  const ended = left.map(({ expires }) => expires?.toISOString() ?? 'never').join(', ');
  return new CooperError('publisher-key-expired', { what: `no subkey may sign now (they expire: ${ended})` });
}

function noPassphrase(): Promise<string> {
  throw new CooperError('passphrase-missing', { what: 'the publisher key is protected by a passphrase' });
}
