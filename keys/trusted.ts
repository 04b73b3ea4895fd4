// The keyrings of distributions that Cooper ships, under keys/trusted/ (README.md there says where each comes from).
// Refuses names that are not plain file names; trusts nothing else on the machine.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CooperError } from '../errors/index.ts';
import { type Certificate, readCertificates } from './certificate.ts';

/**
 * Reads the keyring `name` (a file name such as `debian-archive-keyring.asc`; `.asc` may be left out).
 * @throws CooperError 'keyring-not-found', 'key-unreadable'
 */
export async function loadTrustedKeyring(name: string): Promise<Certificate[]> {
  const file = trustedKeyringFile(name);
  return readCertificates(await readFile(file));
}

function trustedKeyringFile(name: string): string {
  const fileName = /\.(asc|gpg)$/.test(name) ? name : `${name}.asc`;
  const missing = (cause?: unknown) =>
    new CooperError('keyring-not-found', { what: `there is no trusted keyring "${name}"`, cause });
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(fileName)) throw missing();
  try {
    return createRequire(import.meta.url).resolve(`#root/keys/trusted/${fileName}`);
  } catch (cause) {
    throw missing(cause);
  }
}
