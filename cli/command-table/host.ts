// Commands about this host and about the program itself.

import { Argument, type Command } from 'commander';
import { type Shell, shells } from '../completion/scripts.ts';
import type { CommandContext } from '../context.ts';
import type { Does } from './does.ts';

/** doctor, completion, help. */
export function defineHost(program: Command, does: Does): void {
  program
    .command('doctor')
    .description('look for what this host lacks for containers, and tell the commands that mend it')
    .option('--path <DIR>', 'folder of containers')
    .option('--offline', 'do not ask the servers of the remotes')
    .action(does(async () => (await import('../commands/doctor.ts')).doctor, 'any home'));
  program
    .command('completion')
    .description('print the script with which a shell completes commands, options, images, containers and remotes')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action(does<readonly [Shell]>(async () => (await import('../commands/completion.ts')).completion, 'any home'));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(
      does<readonly [readonly string[]]>(async () => {
        const { complete } = await import('../commands/completion.ts');
        return (context: CommandContext, words: readonly string[]) => complete(program, context, words);
      }, 'any home'),
    );
  program.helpCommand(false);
  program
    .command('help')
    .description('tell what a command does and which options it has')
    .argument('[command...]', 'its name: build, or keys revoke')
    .action((names: readonly string[]) => commandNamed(program, names).help());
}

function commandNamed(program: Command, names: readonly string[]): Command {
  return names.reduce((command, name) => {
    const found = command.commands.find((each) => each.name() === name);
    return found ?? program.error(`error: unknown command '${names.join(' ')}'`);
  }, program);
}
