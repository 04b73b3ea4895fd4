// Errors of cli/.

import { type ErrorRows, exitStatus } from '../row.ts';

export const cliRows = {
  'bad-usage': {
    exit: exitStatus.usage,
    meaning: 'The command line does not make sense.',
    advice: 'See `cooper --help` or `cooper COMMAND --help`.',
  },
  interrupted: {
    exit: exitStatus.interrupted,
    meaning: 'The run was interrupted by a signal; what it had begun was removed.',
    advice: 'Run the command again.',
  },
  internal: {
    exit: exitStatus.failed,
    meaning: 'Something failed that Cooper did not foresee.',
    advice: 'Run again with COOPER_DEBUG=1 for the stack and report it.',
  },
  'not-compiled': {
    exit: exitStatus.unavailable,
    meaning: 'A native part of Cooper has not been compiled on this machine.',
    advice:
      'Run `npm run build` in a checkout (needs make and a C compiler); the npm package has these parts for amd64 and arm64.',
  },
  'home-too-new': {
    exit: exitStatus.failed,
    meaning: 'The home folder was written by a later version.',
    advice: 'Use that version, or another folder with --home.',
  },
  'home-unusable': {
    exit: exitStatus.failed,
    meaning: 'The home folder cannot be made, read or written by this user.',
    advice: 'Name a folder of your own with --home DIR or COOPER_HOME, or run as the user whose folder it is.',
  },
  'host-permission': {
    exit: exitStatus.failed,
    meaning: 'This user may not do with a file or folder of the machine what is needed.',
    advice: 'Run as the user whose it is, or give this one the right to it (chmod, chown).',
  },
  'lxc-template-foreign': {
    exit: exitStatus.failed,
    meaning: 'Where the LXC template belongs there is a file that Cooper has not written. It was left as it is.',
    advice: 'Move it away if nobody needs it, or name another file with --path.',
  },
  'lxc-template-unwritable': {
    exit: exitStatus.failed,
    meaning: 'The LXC template cannot be written or removed by this user.',
    advice: 'Run it as root, or name a file of your own with --path FILE.',
  },
  'settings-faulty': {
    exit: exitStatus.usage,
    meaning: 'cooper.yaml in the home folder cannot be read as settings.',
    advice:
      'Mend the lines that the message names; docs/DESIGN.md, docs/publishing.md and docs/cache.md tell what may stand there.',
  },
} as const satisfies ErrorRows;
