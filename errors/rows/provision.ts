// Errors of provision/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const provisionRows = {
  'file-misplaced': {
    exit: exitStatus.failed,
    meaning: 'A file of the definition cannot be placed in the root: something that is no directory is in its way.',
    advice: 'Change its path in the definition.',
  },
} as const satisfies ErrorRows;
