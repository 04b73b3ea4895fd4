// Hashes of passwords as crypt(5) has them, made by the host's libcrypt: never by a process that would have the password among its
// words. Blocks for some hundredths of a second.

import { CooperError, isSystemError } from '../errors/index.ts';
import { filled, sysAddon } from './sys.ts';

/** Prefix of each method that new hashes are made with (crypt(5)). */
const prefixes = { yescrypt: '$y$', sha512: '$6$' } as const;

/** A method that new hashes are made with. */
export type CryptMethod = keyof typeof prefixes;

/** Bytes that a password may have (CRYPT_MAX_PASSPHRASE_SIZE, PAM_MAX_RESP_SIZE). */
export const longestPassword = 511;

/**
 * A hash of the password with a new salt and the library's own cost. Throws `crypt-unavailable` where there is no libcrypt or it does
 * not know the method; system errors for a password that is too long or has a NUL in it.
 */
export function hashPassword(password: string, method: CryptMethod): string {
  const result = sysAddon().crypt(Buffer.from(password), Buffer.from(prefixes[method]));
  try {
    return filled(result, 'crypt', method).toString('latin1');
  } catch (cause) {
    if (!isSystemError(cause, 'ENOSYS')) throw cause;
    throw new CooperError('crypt-unavailable', { what: `this machine cannot make a ${method} hash`, cause });
  }
}
