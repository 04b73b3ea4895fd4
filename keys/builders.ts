// The builders whose builds a publisher takes: their certificates, one a file, in a folder beside the publisher's key. Holds no private
// key. What a certificate was once seen to revoke stays revoked, whichever copy is listed later.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type Certificate, type Fingerprint, mergeCertificates, readCertificates } from './certificate.ts';
import { openpgpConfig } from './policy.ts';
import { isRevokedKey } from './revoked.ts';
import { removeIfThere, replaceSecretFile } from './secret-file.ts';

/** A listed builder, for people. */
export interface ListedBuilder {
  readonly fingerprint: Fingerprint;
  readonly userIds: readonly string[];
  readonly revoked: boolean;
  /** May sign at the time of asking. */
  readonly valid: boolean;
}

/**
 * All listed builders, in order of fingerprint; none when the folder is not there.
 * @throws CooperError 'key-unreadable' for a file that is not the certificate of its name
 */
export async function readBuilders(directory: string): Promise<Certificate[]> {
  const names = (await namesIn(directory)).filter((name) => /^[0-9A-F]{40}\.asc$/.test(name)).sort();
  return Promise.all(names.map((name) => readBuilder(join(directory, name), name.slice(0, 40))));
}

/**
 * Lists a builder, or renews what is known of one. For one run at a time. Returns what is listed then.
 * @throws CooperError 'key-unreadable' for what is listed already, 'no-space'
 */
export async function listBuilder(directory: string, given: Certificate, now: Date): Promise<Certificate> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // What a run that was cut off has left.
  for (const name of await namesIn(directory)) if (name.startsWith('.')) await removeIfThere(join(directory, name));
  const known = (await readBuilders(directory)).find(({ fingerprint }) => fingerprint === given.fingerprint);
  const certificate = known === undefined ? given : await mergeCertificates(known, given, now);
  await replaceSecretFile(directory, `${certificate.fingerprint}.asc`, certificate.armored);
  return certificate;
}

/** Takes a builder off the list; false when it was not there. */
export async function removeBuilder(directory: string, fingerprint: Fingerprint): Promise<boolean> {
  const name = `${fingerprint}.asc`;
  if (!(await namesIn(directory)).includes(name)) return false;
  await removeIfThere(join(directory, name));
  return true;
}

/** What there is to say of a builder at `now`. */
export async function describeBuilder(certificate: Certificate, now: Date): Promise<ListedBuilder> {
  const { fingerprint, userIds, key } = certificate;
  const valid = await key.getSigningKey(undefined, now, undefined, openpgpConfig).then(
    () => true,
    () => false,
  );
  return { fingerprint, userIds, revoked: await isRevokedKey(certificate), valid };
}

async function readBuilder(path: string, fingerprint: string): Promise<Certificate> {
  const next = 'Remove the file, and list the builder again with `cooper keys trust FILE`.';
  try {
    const found = (await readCertificates(await readFile(path))).find((each) => each.fingerprint === fingerprint);
    if (found !== undefined) return found;
  } catch (cause) {
    if (!(cause instanceof CooperError)) throw cause;
    throw new CooperError('key-unreadable', { what: `${path}: ${cause.message}`, next, cause });
  }
  throw new CooperError('key-unreadable', { what: `${path} is the certificate of another key`, next });
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
