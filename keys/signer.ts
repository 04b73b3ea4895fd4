// What signing looks like to the code that needs signatures but must not see the key. Types only.

import type { Fingerprint } from './certificate.ts';

/** Signs in the name of one publisher, with a clock fixed when it was made. */
export interface Signer {
  /** Of the primary key: what clients pin. */
  readonly fingerprint: Fingerprint;
  /** ASCII armor of the public certificate, the same bytes every time. */
  readonly certificate: string;
  /** Armored detached signature of bytes in memory. */
  readonly signDetached: (bytes: Uint8Array) => Promise<string>;
  /** Armored detached signature of a file of any size, read once. */
  readonly signFile: (path: string) => Promise<string>;
  /** Clear-signs a text without carriage returns, blanks before a line end or a line end at the end. */
  readonly signClear: (text: string) => Promise<string>;
}
