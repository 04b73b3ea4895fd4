// Errors of gate/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const gateRows = {
  'gate-refused': {
    exit: exitStatus.refused,
    meaning: 'The image breaks a rule that every image has to keep before it is signed.',
    advice:
      'Mend the definition (a file, a script or a package of it leaves this behind), or waive the finding there with a reason, and build again. Of an image that others have built: docs/mirrors.md. Of the root of a container: docs/containers.md.',
  },
  'boot-gate-unavailable': {
    exit: exitStatus.unavailable,
    meaning: 'No container of the image can be booted on this machine, although `--boot-gate always` asks for it.',
    advice: 'Install LXC, run it as root or under a control group of your own, or leave the option out.',
  },
} as const satisfies ErrorRows;
