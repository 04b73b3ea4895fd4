// Reads files that the user names: certificates and signatures.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type Certificate, readCertificates } from '../keys/index.ts';

/** All certificates of a file, armored or binary. Throws `bad-usage` for a file that cannot be read, `key-unreadable`. */
export async function readCertificateFile(file: string): Promise<Certificate[]> {
  const bytes = await readGivenFile(file);
  try {
    return await readCertificates(bytes);
  } catch (cause) {
    if (!(cause instanceof CooperError && cause.code === 'key-unreadable')) throw cause;
    throw new CooperError('key-unreadable', { what: `${resolve(file)}: ${cause.message}`, cause });
  }
}

/** The bytes of a file. Throws `bad-usage` when it is not there or cannot be read. */
export async function readGivenFile(file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(file));
  } catch (cause) {
    const code = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP'].find((one) => isSystemError(cause, one));
    if (code === undefined) throw cause;
    throw new CooperError('bad-usage', { what: `${resolve(file)} cannot be read (${code})`, cause });
  }
}
