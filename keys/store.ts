// The file of the publisher's private key: `publisher.key`, mode 0600, in a folder of mode 0700. Created atomically and never
// overwritten. Refuses to read it when others could read or change it. Only sign.ts imports this file.

import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrivateKey, readPrivateKey } from 'openpgp';
import { CooperError, explainSystemError, isSystemError } from '../errors/index.ts';
import { openpgpConfig } from './policy.ts';

const fileName = 'publisher.key';

/**
 * Writes the key into `directory`, which is made when missing. Atomic: the file is complete or not there.
 * @throws CooperError 'publisher-key-exists', 'key-unsafe', 'no-space'
 */
export async function writeSecretKey(directory: string, key: PrivateKey): Promise<void> {
  if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined) await chmod(directory, 0o700);
  await refuseUnsafe(directory, 'directory');
  const target = join(directory, fileName);
  const temporary = join(directory, `.${fileName}.${randomBytes(6).toString('hex')}`);
  try {
    await writeThrough(temporary, key.armor(openpgpConfig));
    await link(temporary, target);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw explainSystemError(error, 'writing the publisher key');
    throw new CooperError('publisher-key-exists', { what: `${target} exists`, cause: error });
  } finally {
    await unlink(temporary).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error;
    });
  }
  await syncDirectory(directory);
}

/** True when `directory` holds a publisher key, usable or not. */
export async function hasSecretKey(directory: string): Promise<boolean> {
  return (await statOf(join(directory, fileName))) !== undefined;
}

/**
 * Reads the key of `directory`.
 * @throws CooperError 'no-publisher-key', 'key-unsafe', 'key-unreadable'
 */
export async function readSecretKey(directory: string): Promise<PrivateKey> {
  const path = join(directory, fileName);
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

async function refuseUnsafe(path: string, kind: 'file' | 'directory'): Promise<void> {
  const stat = await lstat(path);
  const unsafe = (problem: string) => new CooperError('key-unsafe', { what: `${path} ${problem}` });
  if (kind === 'file' ? !stat.isFile() : !stat.isDirectory()) throw unsafe(`is not a plain ${kind}`);
  const uid = process.getuid?.();
  if (stat.uid !== uid && stat.uid !== 0) throw unsafe(`belongs to another user (uid ${stat.uid})`);
  const others = stat.mode & 0o077;
  if (others !== 0) throw unsafe(`is open to other users (mode ${(stat.mode & 0o777).toString(8)})`);
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
