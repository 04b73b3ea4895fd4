// What signing looks like to the code that needs signatures but must not see the key. Types only.

import type { Fingerprint } from './certificate.ts';
import type { FileDigest } from './digest.ts';

/** An armored detached signature, and the digest of what it signs. */
export interface MadeSignature {
  readonly armored: string;
  readonly digest: FileDigest;
}

/** Signs in the name of one publisher, with a clock fixed when it was made. */
export interface Signer {
  /** Of the primary key: what clients pin. */
  readonly fingerprint: Fingerprint;
  /** ASCII armor of the public certificate, the same bytes every time. */
  readonly certificate: string;
  /** Armored detached signature of bytes in memory. */
  readonly signDetached: (bytes: Uint8Array) => Promise<string>;
  /** The same of a file of any size, read once. Throws system errors of reading. */
  readonly signFile: (path: string) => Promise<MadeSignature>;
  /** Clear-signs a text without carriage returns, blanks before a line end or a line end at the end. */
  readonly signClear: (text: string) => Promise<string>;
}
