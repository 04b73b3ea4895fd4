// The publisher's secret files: `publisher.key` and `revocation.asc`, mode 0600, in a folder of mode 0700. A key is never written
// over another one. Only sign.ts and the files behind it import this file.

import { chmod, lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrivateKey, readPrivateKey } from 'openpgp';
import { CooperError, isSystemError } from '../errors/index.ts';
import { openpgpConfig } from './policy.ts';
import { refuseUnsafe, removeIfThere, replaceSecretFile, type StagedFile, stageSecretFile } from './secret-file.ts';

const keyName = 'publisher.key';
const revocationName = 'revocation.asc';

/**
 * Writes a new key and its revocation certificate into `directory`, which is made when missing. The key appears whole or not at all,
 * the certificate right after it.
 * @throws CooperError 'publisher-key-exists', 'secret-file-exists' for the revocation certificate of a key that is not there any more,
 *   'key-unsafe', 'no-space'
 */
export async function writeNewKey(directory: string, key: PrivateKey, revocation: string): Promise<void> {
  if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined) await chmod(directory, 0o700);
  await refuseUnsafe(directory, 'directory');
  await refuseOrphan(directory);
  const certificate = await stageSecretFile(directory, revocationName, revocation);
  try {
    const staged = await stageSecretKey(directory, key);
    try {
      await staged.place();
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
      throw new CooperError('publisher-key-exists', { what: `${join(directory, keyName)} exists`, cause: error });
    } finally {
      await staged.discard();
    }
    await certificate.replace();
  } finally {
    await certificate.discard();
  }
}

/** A lost key can still be revoked: its certificate is the last thing to write over. A new key comes before its certificate. */
async function refuseOrphan(directory: string): Promise<void> {
  const path = await revocationPath(directory);
  if (path === null || (await hasSecretKey(directory))) return;
  throw new CooperError('secret-file-exists', {
    what: `${path} is there, the key that it revokes is not`,
    next: 'Move it to a safe place first: it is what revokes that key.',
  });
}

/** True when `directory` holds a publisher key, usable or not. */
export async function hasSecretKey(directory: string): Promise<boolean> {
  return isThere(join(directory, keyName));
}

/**
 * Reads the key of `directory`, still under its passphrase.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable'
 */
export async function readSecretKey(directory: string): Promise<PrivateKey> {
  const path = join(directory, keyName);
  if (!(await hasSecretKey(directory))) {
    throw new CooperError('no-publisher-key', { what: `there is no publisher key in ${directory}` });
  }
  await refuseUnsafe(directory, 'directory');
  await refuseUnsafe(path, 'file');
  try {
    return await readPrivateKey({ armoredKey: await readFile(path, 'utf8'), config: openpgpConfig });
  } catch (cause) {
    throw new CooperError('key-unreadable', {
      what: `${path} is not a readable private key`,
      next: 'Restore the file from a copy, or make a new key in another home folder.',
      cause,
    });
  }
}

/** Removes what a change that was cut off has left. For whoever changes the key that is there, one at a time. */
export async function removeLeftOvers(directory: string): Promise<void> {
  const staged = [keyName, revocationName].map((name) => `.${name}.`);
  for (const name of await readdir(directory)) {
    if (staged.some((start) => name.startsWith(start))) await removeIfThere(join(directory, name));
  }
}

/** Puts `key` beside the key of `directory`, ready to take its place. Throws `no-space`. */
export function stageSecretKey(directory: string, key: PrivateKey): Promise<StagedFile> {
  return stageSecretFile(directory, keyName, key.armor(openpgpConfig));
}

/** Writes the key of `directory` anew. Atomic. Throws `no-space`. */
export function replaceSecretKey(directory: string, key: PrivateKey): Promise<void> {
  return replaceSecretFile(directory, keyName, key.armor(openpgpConfig));
}

/** Path of the revocation certificate, or null when there is none. */
export async function revocationPath(directory: string): Promise<string | null> {
  const path = join(directory, revocationName);
  return (await isThere(path)) ? path : null;
}

/**
 * Reads the revocation certificate; undefined when there is none.
 * @throws CooperError 'key-unsafe'
 */
export async function readRevocation(directory: string): Promise<string | undefined> {
  const path = await revocationPath(directory);
  if (path === null) return undefined;
  await refuseUnsafe(directory, 'directory');
  await refuseUnsafe(path, 'file');
  return readFile(path, 'utf8');
}

/** Writes the revocation certificate. Atomic. Throws `no-space`. */
export function writeRevocation(directory: string, certificate: string): Promise<void> {
  return replaceSecretFile(directory, revocationName, certificate);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return false;
    throw error;
  }
}
