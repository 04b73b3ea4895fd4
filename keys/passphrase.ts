// Secret keys under a passphrase: which are locked, and how one is unlocked. Asks for the passphrase only when it is needed; says a
// wrong one apart from a damaged key.

import { type PrivateKey, readPrivateKey, type SecretKeyPacket, type SecretSubkeyPacket } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { openpgpConfig } from './policy.ts';

/** Gives a passphrase; called only when one is needed. Throws 'passphrase-missing' when there is none. */
export type AskPassphrase = () => Promise<string>;

/** Where passphrases come from. */
export interface PassphraseSources {
  /** Of the key in the home folder. */
  readonly key: AskPassphrase;
  /** Of the file with the primary key. */
  readonly primary: AskPassphrase;
}

/** The secret half of a primary key or of a subkey. */
export type SecretPacket = SecretKeyPacket | SecretSubkeyPacket;

/** Of the primary key and all subkeys, in their order. */
export function secretPackets(key: PrivateKey): SecretPacket[] {
  return key.getKeys().map(({ keyPacket }) => keyPacket as SecretPacket);
}

/** True when what the file holds of the key is under a passphrase. A primary that is elsewhere does not count. */
export function isProtected(key: PrivateKey): boolean {
  const present = secretPackets(key).filter((packet) => !packet.isDummy());
  return present.length > 0 && present.every(isLocked);
}

/** A key of its own with the same contents: what is unlocked in it stays locked in the other. */
export function copyOf(key: PrivateKey): Promise<PrivateKey> {
  return readPrivateKey({ binaryKey: key.write(), config: openpgpConfig });
}

/**
 * Unlocks a packet in place; one without a passphrase stays as it is.
 * @throws CooperError 'passphrase-wrong', 'key-unreadable' for secret parts that do not fit the public ones, what `ask` throws
 */
export async function unlock(packet: SecretPacket, ask: AskPassphrase): Promise<void> {
  if (!isLocked(packet)) return;
  const passphrase = await ask();
  const id = packet.getKeyID().toHex().toUpperCase();
  try {
    await packet.decrypt(passphrase);
    await packet.validate();
  } catch (cause) {
    if (cause instanceof Error && cause.message.startsWith('Incorrect key passphrase')) {
      throw new CooperError('passphrase-wrong', { what: `the passphrase does not unlock the key ${id}`, cause });
    }
    const next = 'Restore the file from a copy, or make a new key in another home folder.';
    throw new CooperError('key-unreadable', { what: `the secret part of the key ${id} is damaged`, next, cause });
  }
}

/** Locks what is unlocked, in what is written of it from now on. */
export async function lock(packet: SecretPacket, passphrase: string): Promise<void> {
  if (packet.isDummy() || isLocked(packet)) return;
  await packet.encrypt(passphrase, openpgpConfig);
}

function isLocked(packet: SecretPacket): boolean {
  return !packet.isDummy() && !packet.isDecrypted();
}
