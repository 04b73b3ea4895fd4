// Whether a key or subkey was revoked, and certificates as they were before.

import { type PublicKey, readKey, type SignaturePacket, type Subkey } from 'openpgp';
import { type Certificate, toCertificate } from './certificate.ts';
import { openpgpConfig } from './policy.ts';

/** Whether the primary key has revoked a subkey, as of `date`. */
export function isRevokedSubkey(subkey: Subkey, date: Date): Promise<boolean> {
  // Without a binding signature to mark, openpgp only looks.
  const any = undefined as unknown as SignaturePacket;
  return subkey.isRevoked(any, subkey.mainKey.keyPacket, date, openpgpConfig);
}

/** Whether the whole key has been revoked, whenever that was. */
export function isRevokedKey({ key }: Certificate): Promise<boolean> {
  const everAfter = null as unknown as Date;
  return key.isRevoked(undefined, undefined, everAfter, openpgpConfig);
}

/** The certificate with its subkeys as if none had been revoked. The whole key stays revoked when it is. */
export async function beforeSubkeyRevocations(certificate: Certificate): Promise<Certificate> {
  if (certificate.key.subkeys.every(({ revocationSignatures }) => revocationSignatures.length === 0)) {
    return certificate;
  }
  const key = await copyOf(certificate);
  for (const subkey of key.subkeys) subkey.revocationSignatures = [];
  return toCertificate(key);
}

/**
 * The certificate as if nothing had been revoked: good for telling whether what was signed is damaged, not for believing it.
 */
export async function beforeRevocations(certificate: Certificate): Promise<Certificate> {
  const key = await copyOf(await beforeSubkeyRevocations(certificate));
  key.revocationSignatures = [];
  return toCertificate(key);
}

/** Read anew: openpgp marks signatures of a key that it has once seen revoked. */
function copyOf({ key }: Certificate): Promise<PublicKey> {
  return readKey({ binaryKey: key.write(), config: openpgpConfig });
}
