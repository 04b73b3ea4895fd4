// What can be told about a publisher key without showing its private parts.

import type { PrivateKey, SecretKeyPacket, SecretSubkeyPacket, Subkey } from 'openpgp';
import { type Fingerprint, toCertificate } from './certificate.ts';
import { isProtected } from './passphrase.ts';
import { openpgpConfig } from './policy.ts';
import { isRevokedSubkey } from './revoked.ts';
import { spokenFingerprint } from './words.ts';

/** A signing subkey. `null` for an expiry means never. */
export interface SigningSubkey {
  readonly fingerprint: Fingerprint;
  readonly created: Date;
  readonly expires: Date | null;
  readonly revoked: boolean;
  /** May sign at the time of asking, and its secret half is here. */
  readonly valid: boolean;
}

/** A publisher key as its secret file tells it. */
export interface KeyDescription {
  readonly fingerprint: Fingerprint;
  /** The fingerprint for reading aloud, in two lines. */
  readonly words: readonly [string, string];
  readonly userIds: readonly string[];
  readonly created: Date;
  readonly expires: Date | null;
  /** Wholly, with all its subkeys. */
  readonly revoked: boolean;
  /** Oldest first. */
  readonly subkeys: readonly SigningSubkey[];
  /** Whether the secret half of the primary key is in the file. */
  readonly primary: 'here' | 'offline';
  /** Whether a passphrase protects the file. */
  readonly protected: boolean;
  /** ASCII armor of the public certificate. */
  readonly certificate: string;
}

/** Describes a key as it is at `now`. */
export async function describeKey(key: PrivateKey, now: Date): Promise<KeyDescription> {
  const { fingerprint, userIds, armored } = toCertificate(key);
  return {
    fingerprint,
    words: spokenFingerprint(fingerprint),
    userIds,
    created: key.getCreationTime(),
    expires: finite(await key.getExpirationTime(undefined, openpgpConfig)),
    revoked: await key.isRevoked(undefined, undefined, now, openpgpConfig),
    subkeys: await Promise.all(key.subkeys.map((subkey) => describeSubkey(key, subkey, now))),
    primary: (key.keyPacket as SecretKeyPacket).isDummy() ? 'offline' : 'here',
    protected: isProtected(key),
    certificate: armored,
  };
}

async function describeSubkey(key: PrivateKey, subkey: Subkey, now: Date): Promise<SigningSubkey> {
  return {
    fingerprint: subkey.getFingerprint().toUpperCase() as Fingerprint,
    created: subkey.getCreationTime(),
    // Whatever the clock says: openpgp has no expiry for a subkey that is not valid yet.
    expires: finite(await subkey.getExpirationTime(null as unknown as Date, openpgpConfig)),
    revoked: await isRevokedSubkey(subkey, now),
    valid: await key.getSigningKey(subkey.getKeyID(), now, undefined, openpgpConfig).then(
      () => !(subkey.keyPacket as SecretSubkeyPacket).isDummy(),
      () => false,
    ),
  };
}

function finite(expiry: Date | number | null): Date | null {
  return expiry instanceof Date ? expiry : null;
}
