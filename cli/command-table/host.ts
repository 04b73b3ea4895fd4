// Commands about this host and about the program itself.

import type { Command } from 'commander';
import type { Does } from './does.ts';

/** doctor. */
export function defineHost(program: Command, does: Does): void {
  program
    .command('doctor')
    .description('look for what this host lacks for containers, and tell the commands that mend it')
    .option('--path <DIR>', 'folder of containers')
    .option('--offline', 'do not ask the servers of the remotes')
    .action(does(async () => (await import('../commands/doctor.ts')).doctor, 'any home'));
}
