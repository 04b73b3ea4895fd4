// The primary key: here, or in a file elsewhere. It goes there in steps between which it is always on disk, whatever happens: the
// file is complete and read back before the key in the home folder loses its primary.

import { type PrivateKey, readPrivateKey, type SecretKeyPacket } from 'openpgp';
import { CooperError } from '../errors/index.ts';
import { toCertificate } from './certificate.ts';
import { copyOf, type PassphraseSources, unlock } from './passphrase.ts';
import { openpgpConfig } from './policy.ts';
import { createSecretFile, readSecretFile, removeIfThere } from './secret-file.ts';
import { stageSecretKey } from './store.ts';

/** Steps of taking the primary key away, told before each begins. */
export type ExportStep = 'stage' | 'write' | 'check' | 'replace' | 'done';

/**
 * Writes the whole of `key`, the one of `directory`, into `file`, then takes the primary key out of the one of `directory`.
 * Passphrases stay. What fails before the last step leaves no `file` and `directory` as it was.
 * @throws CooperError 'primary-offline' when it is elsewhere already, 'secret-file-exists', 'key-unsafe' for a place where others could
 *   read it, 'no-space'; system errors
 */
export async function takeOffline(
  directory: string,
  key: PrivateKey,
  file: string,
  onStep: (step: ExportStep) => void = () => undefined,
): Promise<void> {
  if (isElsewhere(key)) {
    const next = 'It was exported before: copy the file that it was written to then.';
    throw new CooperError('primary-offline', { what: 'the primary key is not in the home folder', next });
  }
  const rest = await copyOf(key);
  (rest.keyPacket as SecretKeyPacket).makeDummy(openpgpConfig);
  onStep('stage');
  const staged = await stageSecretKey(directory, rest);
  try {
    await writeChecked(file, key, onStep);
    onStep('replace');
    await staged.replace();
    onStep('done');
  } finally {
    await staged.discard();
  }
}

/**
 * The same key with its primary unlocked: from the home folder, or from `file`. Its subkeys are not those to go on with.
 * @throws CooperError 'primary-offline', 'primary-mismatch', 'key-unsafe', 'passphrase-missing', 'passphrase-wrong'; system errors
 */
export async function openPrimary(
  key: PrivateKey,
  file: string | undefined,
  passphrases: PassphraseSources,
): Promise<PrivateKey> {
  const primary = file === undefined ? await copyOf(key) : await readPrimary(file, key);
  if (isElsewhere(primary)) {
    throw new CooperError('primary-offline', { what: 'the primary key is not in the home folder' });
  }
  await unlock(primary.keyPacket as SecretKeyPacket, file === undefined ? passphrases.key : passphrases.primary);
  return primary;
}

async function writeChecked(file: string, key: PrivateKey, onStep: (step: ExportStep) => void): Promise<void> {
  const text = key.armor(openpgpConfig);
  onStep('write');
  await createSecretFile(file, text);
  try {
    onStep('check');
    const written = await readSecretFile(file);
    if (written.toString('utf8') !== text) {
      throw new CooperError('key-unreadable', { what: `${file} does not keep what is written to it` });
    }
    await readPrimary(file, key);
  } catch (error) {
    await removeIfThere(file);
    throw error;
  }
}

async function readPrimary(file: string, key: PrivateKey): Promise<PrivateKey> {
  const bytes = await readSecretFile(file);
  const mismatch = (problem: string, cause?: unknown) =>
    new CooperError('primary-mismatch', { what: `${file} ${problem}`, cause });
  const read = await parsePrivate(bytes).catch((cause: unknown) => {
    throw mismatch('is not a readable private key', cause);
  });
  const [wanted, found] = [key, read].map((each) => toCertificate(each).fingerprint);
  if (found !== wanted) throw mismatch(`holds the key ${found}, not ${wanted}`);
  if (isElsewhere(read)) throw mismatch('holds signing subkeys only');
  return read;
}

/** Armored as we write it, or binary as `gpg --export-secret-keys` does. */
function parsePrivate(bytes: Buffer): Promise<PrivateKey> {
  const text = bytes.toString('latin1');
  if (text.includes('-----BEGIN PGP')) return readPrivateKey({ armoredKey: text, config: openpgpConfig });
  return readPrivateKey({ binaryKey: new Uint8Array(bytes), config: openpgpConfig });
}

function isElsewhere(key: PrivateKey): boolean {
  return (key.keyPacket as SecretKeyPacket).isDummy();
}
