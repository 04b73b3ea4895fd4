// What a run of builds tells the gate of packed images.

import type { BootChoice } from '../gate/index.ts';

/** The same for every image of a run. */
export interface GateSettings {
  readonly boot: BootChoice;
  /** Where programs of the host are looked for, LXC's among them. */
  readonly env: NodeJS.ProcessEnv;
}
