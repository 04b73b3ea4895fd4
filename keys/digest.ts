// SHA-256 digests: the one kind of content address in Cooper.

import { createHash } from 'node:crypto';

/** Lower-case hexadecimal SHA-256, 64 digits. */
export type Sha256 = string & { readonly brand: 'Sha256' };

/** Size in bytes and SHA-256 of a file: what any download is bounded and judged by. */
export interface FileDigest {
  readonly size: number;
  readonly sha256: Sha256;
}

/** SHA-256 of bytes in memory. */
export function sha256Of(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** Size and SHA-256 of bytes in memory. */
export function digestOf(bytes: Uint8Array): FileDigest {
  return { size: bytes.byteLength, sha256: sha256Of(bytes) };
}

/** True when both are of the same bytes. */
export function sameDigest(one: FileDigest, other: FileDigest): boolean {
  return one.size === other.size && one.sha256 === other.sha256;
}
