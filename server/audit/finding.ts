// How an audit is asked for, and what it finds.

import type { Fingerprint } from '../../keys/index.ts';
import type { ImageId } from '../../variants/identity.ts';

/** How to look. */
export interface AuditRequest {
  /** Whose tree it has to be; without it whoever has published it is told. */
  readonly publisher?: Fingerprint | undefined;
  /** Whose builds to look at; without it everything is. */
  readonly only?: ((image: ImageId) => boolean) | undefined;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A fault: where, relative to the tree, and what. */
export interface Finding {
  readonly path: string;
  readonly problem: string;
}
