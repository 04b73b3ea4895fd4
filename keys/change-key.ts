// The life of a publisher key in its folder: made, described, rotated, revoked, its passphrase changed, its primary taken away. Every
// change is one replacement of the key file; whoever calls lets only one change run at a time.

import type { PrivateKey } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import type { Fingerprint } from './certificate.ts';
import { describeKey, type KeyDescription } from './describe.ts';
import { defaultUserName, makePublisherKey, makeSigningSubkey, signingSubkeyLife } from './generate.ts';
import {
  type AskPassphrase,
  copyOf,
  isProtected,
  lock,
  type PassphraseSources,
  type SecretPacket,
  secretPackets,
  unlock,
} from './passphrase.ts';
import { type ExportStep, openPrimary, takeOffline } from './primary.ts';
import { applyRevocation, makeRevocation, type RevocationReason, revokeSubkey, revokeWhole } from './revocation.ts';
import {
  hasSecretKey,
  readRevocation,
  readSecretKey,
  removeLeftOvers,
  replaceSecretKey,
  revocationPath,
  writeNewKey,
  writeRevocation,
} from './store.ts';

/** A publisher key as `cooper keys show` tells it. */
export interface PublisherKey extends KeyDescription {
  /** File with the certificate that revokes it, or null when there is none. */
  readonly revocationCertificate: string | null;
}

/** What a new key may have. `life`: of its signing subkey, seconds. */
interface NewKeyOptions {
  readonly name?: string;
  readonly life?: number;
  readonly passphrase?: string | undefined;
  readonly now: Date;
}

/** What a change that the primary key has to sign needs. `primary`: the file that it is in, when that is elsewhere. */
interface PrimaryOptions {
  readonly primary?: string | undefined;
  readonly passphrases: PassphraseSources;
  readonly now: Date;
}

/**
 * Makes a publisher key and its revocation certificate in `directory` (the keys/ of a home). `name` becomes the user id.
 * @throws CooperError 'publisher-key-exists', 'secret-file-exists', 'key-unsafe', 'no-space'
 */
export async function generatePublisherKey(directory: string, options: NewKeyOptions): Promise<PublisherKey> {
  if (await hasSecretKey(directory)) {
    throw new CooperError('publisher-key-exists', { what: `${directory} already holds a publisher key` });
  }
  const { name = defaultUserName, life = signingSubkeyLife, passphrase, now } = options;
  const { key, revocation } = await makePublisherKey(name, now, life);
  if (passphrase !== undefined) await lockAll(key, passphrase);
  await writeNewKey(directory, key, revocation);
  return describePublisherKey(directory, now);
}

/**
 * What `cooper keys show` and `export` tell: fingerprint, subkeys, armored public certificate. Needs no passphrase.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable'
 */
export async function describePublisherKey(directory: string, now: Date): Promise<PublisherKey> {
  const description = await describeKey(await readSecretKey(directory), now);
  return { ...description, revocationCertificate: await revocationPath(directory) };
}

/**
 * Adds a signing subkey that lives for `life` seconds; those that are there stay as they are. Makes the revocation certificate when
 * there is none yet.
 * @throws CooperError 'publisher-key-revoked', 'no-space' and what openPrimary and readSecretKey throw
 */
export async function rotateSigningKey(
  directory: string,
  options: PrimaryOptions & { readonly life?: number },
): Promise<PublisherKey> {
  const { primary: file, passphrases, now, life = signingSubkeyLife } = options;
  const key = await openForChange(directory);
  const { fingerprint, revoked } = await describeKey(key, now);
  if (revoked) throw new CooperError('publisher-key-revoked', { what: `the publisher key ${fingerprint} is revoked` });
  const primary = await openPrimary(key, file, passphrases);
  const subkey = await makeSigningSubkey(primary, now, life);
  await lockLikeOthers(subkey.keyPacket as SecretPacket, key, passphrases.key);
  key.subkeys.push(subkey);
  if ((await revocationPath(directory)) === null) await writeRevocation(directory, await makeRevocation(primary, now));
  await replaceSecretKey(directory, key);
  return describePublisherKey(directory, now);
}

/**
 * Revokes one subkey, or `all`: the whole key, without a reason by the certificate that was made with it, for which neither primary
 * key nor passphrase is needed.
 * @throws CooperError 'bad-usage' for a subkey that it does not have, 'no-space' and what openPrimary and readSecretKey throw
 */
export async function revokePublisherKey(
  directory: string,
  what: Fingerprint | 'all',
  options: PrimaryOptions & { readonly reason?: RevocationReason | undefined },
): Promise<PublisherKey> {
  const { primary: file, passphrases, now, reason } = options;
  const key = await openForChange(directory);
  const certificate = what === 'all' && reason === undefined ? await readRevocation(directory) : undefined;
  if (certificate !== undefined) {
    await replaceSecretKey(directory, await applyRevocation(key, certificate));
  } else {
    const how = { reason: reason ?? 'unspecified', now } as const;
    const primary = await openPrimary(key, file, passphrases);
    if (what === 'all') await revokeWhole(key, primary, how.reason, now);
    else await revokeSubkey(key, primary, what, how);
    await replaceSecretKey(directory, key);
  }
  return describePublisherKey(directory, now);
}

/**
 * Puts the key of `directory` under another passphrase, or with `next` undefined under none. `ask` is called when it has one.
 * @throws CooperError 'passphrase-wrong', 'no-space', what readSecretKey and both functions throw
 */
export async function changePassphrase(
  directory: string,
  options: { readonly ask: AskPassphrase; readonly next: AskPassphrase | undefined; readonly now: Date },
): Promise<PublisherKey> {
  const key = await openForChange(directory);
  for (const packet of secretPackets(key)) await unlock(packet, options.ask);
  if (options.next !== undefined) await lockAll(key, await options.next());
  await replaceSecretKey(directory, key);
  return describePublisherKey(directory, options.now);
}

/**
 * Writes the whole key of `directory` into `file` and leaves only the signing subkeys behind. Needs no passphrase: what is under one
 * stays so, here and there.
 * @throws CooperError what takeOffline and readSecretKey throw
 */
export async function exportPrimaryKey(
  directory: string,
  file: string,
  options: { readonly now: Date; readonly onStep?: (step: ExportStep) => void },
): Promise<PublisherKey> {
  await takeOffline(directory, await openForChange(directory), file, options.onStep);
  return describePublisherKey(directory, options.now);
}

async function openForChange(directory: string): Promise<PrivateKey> {
  const key = await readSecretKey(directory);
  await removeLeftOvers(directory);
  return key;
}

async function lockAll(key: PrivateKey, passphrase: string): Promise<void> {
  for (const packet of secretPackets(key)) await lock(packet, passphrase);
}

/** What comes to a key under a passphrase goes under the same one, which has to be right. */
async function lockLikeOthers(packet: SecretPacket, key: PrivateKey, ask: AskPassphrase): Promise<void> {
  if (!isProtected(key)) return;
  const passphrase = await ask();
  const tried = secretPackets(await copyOf(key)).find((other) => !other.isDummy());
  if (tried !== undefined) await unlock(tried, async () => passphrase);
  await lock(packet, passphrase);
}
