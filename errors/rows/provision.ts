// Errors of provision/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const provisionRows = {
  'file-misplaced': {
    exit: exitStatus.failed,
    meaning: 'A file of the definition cannot be placed in the root: something that is no directory is in its way.',
    advice: 'Change its path in the definition.',
  },
  'owner-unknown': {
    exit: exitStatus.failed,
    meaning: 'A file of the definition is to belong to a user or group that the root does not have.',
    advice: 'Have a package or an action of post-packages make the account, or give the number.',
  },
  'removal-refused': {
    exit: exitStatus.failed,
    meaning: 'A `remove` of the definition would take away the root itself or a directory that every system needs.',
    advice: 'Name what is below it.',
  },
  'source-changed': {
    exit: exitStatus.failed,
    meaning: 'A file that a definition copies has changed between reading the definition and copying the file.',
    advice: 'Build again.',
  },
} as const satisfies ErrorRows;
