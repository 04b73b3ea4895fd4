// What can be told about a publisher key without showing its private parts.

import type { PrivateKey } from 'openpgp';
import { type Fingerprint, toCertificate } from './certificate.ts';
import { openpgpConfig } from './policy.ts';

/** A publisher key as `cooper keys show` tells it. `null` for an expiry means never. */
export interface PublisherKey {
  readonly fingerprint: Fingerprint;
  readonly userIds: readonly string[];
  readonly created: Date;
  readonly expires: Date | null;
  readonly subkeys: readonly {
    readonly fingerprint: Fingerprint;
    readonly created: Date;
    readonly expires: Date | null;
    /** May sign at the time of asking. */
    readonly valid: boolean;
  }[];
  /** ASCII armor of the public certificate. */
  readonly certificate: string;
}

/** Describes a key as it is at `now`. */
export async function describeKey(key: PrivateKey, now: Date): Promise<PublisherKey> {
  const { fingerprint, userIds, armored } = toCertificate(key);
  const subkeys = key.subkeys.map(async (subkey) => ({
    fingerprint: subkey.getFingerprint().toUpperCase() as Fingerprint,
    created: subkey.getCreationTime(),
    expires: finite(await subkey.getExpirationTime(undefined, openpgpConfig)),
    valid: await key.getSigningKey(subkey.getKeyID(), now, undefined, openpgpConfig).then(
      () => true,
      () => false,
    ),
  }));
  return {
    fingerprint,
    userIds,
    created: key.getCreationTime(),
    expires: finite(await key.getExpirationTime(undefined, openpgpConfig)),
    subkeys: await Promise.all(subkeys),
    certificate: armored,
  };
}

function finite(expiry: Date | number | null): Date | null {
  return expiry instanceof Date ? expiry : null;
}
