// Errors of variants/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const variantsRows = {
  'definition-faulty': {
    exit: exitStatus.usage,
    meaning: 'A distribution definition has faults; each is shown with its file, line and column.',
    advice: 'Mend the lines shown; `cooper lint` checks definitions without building.',
  },
  'definition-exists': {
    exit: exitStatus.usage,
    meaning: 'A new definition would stand where something is already.',
    advice: 'Take another name, or another folder with --definitions DIR.',
  },
  'unknown-distribution': {
    exit: exitStatus.usage,
    meaning: 'There is no definition of this distribution.',
    advice: 'Name one of the distributions shown, or give a folder of definitions with --definitions DIR.',
  },
  'unknown-release': {
    exit: exitStatus.usage,
    meaning: 'The definition of the distribution has no such release.',
    advice: 'Name one of the releases shown.',
  },
  'unknown-architecture': {
    exit: exitStatus.usage,
    meaning: 'The definition of the distribution has no such architecture, or not for this release.',
    advice: "Name one of the architectures shown; names are Debian's (amd64, arm64, armhf, …).",
  },
  'unknown-variant': {
    exit: exitStatus.usage,
    meaning: 'The definition of the distribution has no such variant.',
    advice: 'Name one of the variants shown.',
  },
} as const satisfies ErrorRows;
