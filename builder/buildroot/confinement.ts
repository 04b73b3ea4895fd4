// How the programs of one build are confined, beyond what every box of a root has (box-of-root.ts). Made once a build.

import type { BoxLimits, BoxMount, BoxSpec } from '../../native/index.ts';
import type { Door } from '../network/door.ts';

/** What changes in the boxes of a build. */
export interface Confinement {
  /** Replaces what box-of-root.ts has. */
  readonly box: Partial<Pick<BoxSpec, 'seccomp' | 'capabilities' | 'shareNamespaces' | 'binaryFormats' | 'timeLimit'>>;
  /** Memory and processes of each box. */
  readonly limits?: BoxLimits;
  /** Limits that the host cannot enforce, as far as they were told already. */
  readonly told: Set<string>;
  /** After the mounts that every box has. */
  readonly binds: readonly BoxMount[];
  /** The proxy of the definition's own scripts; without it they have no network either. */
  readonly door?: Door;
}
