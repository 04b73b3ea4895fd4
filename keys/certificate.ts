// An OpenPGP certificate (public key) as the rest of Cooper sees it. Reads armored and binary files with one or several
// certificates; refuses files without any, and files with private keys, which should not be lying about.

import { type PublicKey, readKeys } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { openpgpConfig } from './policy.ts';

/** Fingerprint of a primary key: 40 hexadecimal digits, upper case. */
export type Fingerprint = string & { readonly brand: 'Fingerprint' };

/** A public key with its user ids and subkeys. Reading one says nothing about trusting it. */
export interface Certificate {
  readonly fingerprint: Fingerprint;
  /** Of the primary key and all subkeys. */
  readonly keyFingerprints: readonly Fingerprint[];
  readonly userIds: readonly string[];
  /** ASCII armor of the public parts. */
  readonly armored: string;
  /** For code in keys/ only. */
  readonly key: PublicKey;
}

const armoredBlock = /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g;
const privateBlock = '-----BEGIN PGP PRIVATE KEY BLOCK-----';

/**
 * Reads all certificates of a file: binary, or any number of armored blocks. Expired, revoked and unusable ones are kept:
 * they are judged when a signature is verified.
 * @throws CooperError 'key-unreadable'
 */
export async function readCertificates(bytes: Uint8Array): Promise<Certificate[]> {
  const keys = await parseKeys(bytes);
  if (keys.some((key) => key.isPrivate())) throw refusePrivate();
  if (keys.length === 0) throw new CooperError('key-unreadable', { what: 'the file holds no OpenPGP certificate' });
  return keys.map((key) => toCertificate(key));
}

/** The fingerprint in the form of this module, from any spelling with spaces or lower case; undefined if it is none. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const digits = text.replace(/^0x/i, '').replaceAll(/\s/g, '').toUpperCase();
  return /^[0-9A-F]{40}$/.test(digits) ? (digits as Fingerprint) : undefined;
}

/**
 * Everything that is known of a publisher from two copies of one certificate: subkeys and revocations of both, so that a copy from
 * which a revocation was taken away revokes nothing less.
 */
export async function mergeCertificates(known: Certificate, served: Certificate, now: Date): Promise<Certificate> {
  return toCertificate(await known.key.update(served.key, now, openpgpConfig));
}

/** Wraps a key of the openpgp package. For code in keys/ only. */
export function toCertificate(key: PublicKey): Certificate {
  const publicKey = key.isPrivate() ? key.toPublic() : key;
  return Object.freeze({
    fingerprint: fingerprintOf(publicKey),
    keyFingerprints: publicKey.getKeys().map(fingerprintOf),
    userIds: publicKey.getUserIDs(),
    armored: publicKey.armor(openpgpConfig),
    key: publicKey,
  });
}

function fingerprintOf(key: { getFingerprint(): string }): Fingerprint {
  return key.getFingerprint().toUpperCase() as Fingerprint;
}

function refusePrivate(): CooperError {
  return new CooperError('key-unreadable', { what: 'the file holds a private key where a public one is expected' });
}

async function parseKeys(bytes: Uint8Array): Promise<PublicKey[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (text.includes(privateBlock)) throw refusePrivate();
  const blocks = text.match(armoredBlock);
  try {
    if (blocks === null) return await readKeys({ binaryKeys: bytes, config: openpgpConfig });
    const perBlock = await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys, config: openpgpConfig })));
    return perBlock.flat();
  } catch (cause) {
    throw new CooperError('key-unreadable', { what: 'the file is not a readable OpenPGP certificate', cause });
  }
}
