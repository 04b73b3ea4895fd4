// The command that runs another one in a container, and what it is given and denied.

import type { Command } from 'commander';
import type { Does } from './does.ts';
import { collected } from './options.ts';

const runNotes = `
Without options the command is root of the container, has the capabilities that
packages need, no network, and nothing of this machine but its kernel. --net
host, --share, --cap +NAME and --bind loosen that; processes, mounts and ids are
always its own. What stands under run: in the cooper.yaml beside the container's
config holds for every run; options go before it (docs/running.md).`;

/** run. */
export function defineRun(program: Command, does: Does): void {
  program
    .command('run')
    .description("run a command in a container's root, without LXC")
    .argument('<name>', 'name of the container')
    .argument('<command...>', 'command and its arguments, after --')
    .option('--path <DIR>', 'folder of containers')
    .option('--net <WHICH>', 'none (default), or host: the network of this machine, all of it, and no /sys')
    .option(
      '--share <NAMESPACE>',
      "cgroup, ipc or uts: this machine's; none (repeatable; the network: --net)",
      collected,
    )
    .option(
      '--cap <CHANGE>',
      '+NAME: this capability too; -NAME: without it; all; none (repeatable, in order)',
      collected,
    )
    .option('--memory <SIZE>', 'at most so much, such as 512M; refused where the host cannot keep it')
    .option('--pids <N>', 'at most so many processes and threads')
    .option('--rlimit <NAME=SOFT[:HARD]>', 'limit of each process, such as nofile=1024:4096 (repeatable)', collected)
    .option('--bind <SRC:DST[:ro]>', 'a file or folder of this machine at this place inside (repeatable)', collected)
    .option('--read-only', 'the root cannot be written to; /run, /tmp and binds can')
    .option('--no-read-only', "it can, whatever the container's cooper.yaml says")
    .option('--user <NAME|UID[:GROUP]>', "a user of the container's own /etc/passwd, or ids (default: root)")
    .option('--env <NAME=VALUE>', 'a variable (repeatable)', collected)
    .option('--workdir <DIR>', 'folder inside in which the command runs (default: /)')
    .passThroughOptions()
    .addHelpText('after', runNotes)
    .action(does(async () => (await import('../commands/run.ts')).run));
}
