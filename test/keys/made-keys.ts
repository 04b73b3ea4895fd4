// Keys made on the spot for tests, with chosen dates and algorithms.

import { createCleartextMessage, createMessage, generateKey, type PrivateKey, sign } from 'openpgp';
import { type Certificate, toCertificate } from '../../keys/certificate.ts';
import { openpgpConfig } from '../../keys/policy.ts';

/** A key that signs with its primary, valid from `date` for `seconds` (0: for ever). */
export async function madeKey(date: Date, seconds = 0): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    userIDs: [{ name: 'Test key' }],
    type: 'ecc',
    curve: 'ed25519Legacy',
    keyExpirationTime: seconds,
    date,
    subkeys: [],
    format: 'object',
  });
  return privateKey;
}

/** An RSA key of `bits`; below 2048 nobody should accept it any more. */
export async function rsaKey(date: Date, bits: number): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    userIDs: [{ name: 'RSA key' }],
    type: 'rsa',
    rsaBits: bits,
    date,
    subkeys: [],
    format: 'object',
    config: { minRSABits: 1024 },
  });
  return privateKey;
}

/** Clear-signs with all keys, weak ones too. */
export async function clearSign(text: string, keys: PrivateKey[], date: Date): Promise<string> {
  const message = await createCleartextMessage({ text });
  return sign({ message, signingKeys: keys, date, config: { ...openpgpConfig, minRSABits: 1024 } });
}

/** The public sides. */
export function ring(...keys: PrivateKey[]): Certificate[] {
  return keys.map((key) => toCertificate(key));
}

/** A detached signature over bytes, armored. */
export async function detachedSign(bytes: Buffer, keys: PrivateKey[], date: Date): Promise<Buffer> {
  const message = await createMessage({ binary: new Uint8Array(bytes) });
  const signed = await sign({ message, signingKeys: keys, date, detached: true, config: openpgpConfig });
  return Buffer.from(signed);
}
