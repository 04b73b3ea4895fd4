// Revocations: of a whole key, by a certificate that is made beforehand or by its primary key, and of single subkeys. None can be
// taken back. Nothing is written here.

import {
  enums,
  type PrivateKey,
  type ReasonForRevocation,
  revokeKey,
  type SecretKeyPacket,
  type Subkey,
} from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { type Fingerprint, toCertificate } from './certificate.ts';
import { openpgpConfig } from './policy.ts';
import { groupedFingerprint } from './words.ts';

/**
 * Why a key is revoked. After `superseded` and `retired` it may still have signed what it signed before; after the others nothing
 * that it ever signed counts.
 */
export type RevocationReason = 'unspecified' | 'compromised' | 'superseded' | 'retired';

const flags: Record<RevocationReason, enums.reasonForRevocation> = {
  unspecified: enums.reasonForRevocation.noReason,
  compromised: enums.reasonForRevocation.keyCompromised,
  superseded: enums.reasonForRevocation.keySuperseded,
  retired: enums.reasonForRevocation.keyRetired,
};

/** The file that holds a revocation certificate: what it is in words, then the certificate itself, which gpg finds in there. */
export function revocationText(key: PrivateKey, certificate: string): string {
  const { fingerprint } = toCertificate(key);
  return `This is the revocation certificate of the publisher key

  ${groupedFingerprint(fingerprint)}

for the day on which that key is lost or known to others. Whoever imports or publishes it
(\`cooper keys revoke --all\`, \`gpg --import\`) ends the key for ever.

${certificate.trimEnd()}
`;
}

/** Makes the certificate that revokes a whole key, whose primary key must be unlocked. */
export async function makeRevocation(primary: PrivateKey, now: Date): Promise<string> {
  const revoked = await primary.revoke({}, now, openpgpConfig);
  return revocationText(primary, String(await revoked.getRevocationCertificate(now, openpgpConfig)));
}

/**
 * Revokes the whole of `key` by the text of a revocation certificate.
 * @throws CooperError 'key-unreadable' when it is not one of this key
 */
export async function applyRevocation(key: PrivateKey, certificate: string): Promise<PrivateKey> {
  try {
    // Of any date: a clock that has gone back since is no reason to keep a key.
    const date = null as unknown as Date;
    const options = { key, revocationCertificate: certificate, date, format: 'object', config: openpgpConfig } as const;
    return (await revokeKey(options)).privateKey;
  } catch (cause) {
    throw new CooperError('key-unreadable', {
      what: 'the revocation certificate is not one of this key',
      next: 'Put the right revocation.asc back, or name a --reason: then the primary key revokes itself.',
      cause,
    });
  }
}

/** Adds to `key` that `primary`, the same key with its primary unlocked, revokes it. */
export async function revokeWhole(
  key: PrivateKey,
  primary: PrivateKey,
  reason: RevocationReason,
  now: Date,
): Promise<void> {
  const revoked = await primary.revoke(flagged(reason), now, openpgpConfig);
  key.revocationSignatures.push(...revoked.revocationSignatures.slice(-1));
}

/**
 * Adds to `key` that `primary`, the same key with its primary unlocked, revokes one of its subkeys.
 * @throws CooperError 'bad-usage' when it has no such subkey
 */
export async function revokeSubkey(
  key: PrivateKey,
  primary: PrivateKey,
  fingerprint: Fingerprint,
  { reason, now }: { readonly reason: RevocationReason; readonly now: Date },
): Promise<void> {
  const place = placeOfSubkey(key, fingerprint);
  const revoked = await key.subkeys[place]?.revoke(
    primary.keyPacket as SecretKeyPacket,
    flagged(reason),
    now,
    openpgpConfig,
  );
  key.subkeys.splice(place, 1, ...(revoked === undefined ? [] : [revoked]));
}

function placeOfSubkey(key: PrivateKey, fingerprint: Fingerprint): number {
  const of = (subkey: Subkey) => subkey.getFingerprint().toUpperCase();
  const place = key.subkeys.findIndex((subkey) => of(subkey) === fingerprint);
  if (place >= 0) return place;
  throw new CooperError('bad-usage', {
    what: `the publisher key has no subkey ${fingerprint}`,
    next: 'Name one of these by its 40 digits, or --all for the whole key.',
    lines: key.subkeys.map(of),
  });
}

function flagged(reason: RevocationReason): ReasonForRevocation {
  return { flag: flags[reason], string: '' };
}
