// The table of commands: words, options and help, in command-table/. What a command does is in commands/, loaded when it runs.

import { type Command, Option } from 'commander';
import { defineBuilding } from './command-table/building.ts';
import type { TakenHome, Work } from './command-table/does.ts';
import { defineHost } from './command-table/host.ts';
import { defineJudging } from './command-table/judging.ts';
import { defineKeys } from './command-table/keys.ts';
import { defineRemotes } from './command-table/remotes.ts';
import { defineServing } from './command-table/serving.ts';
import { defineTemplate } from './command-table/template.ts';
import { defineUsing } from './command-table/using.ts';
import type { CommandContext } from './context.ts';

/** Adds every command and the options that all share to the program. `finished` receives the exit status of the one that ran. */
export function defineCommands(
  program: Command,
  contextOf: (options: object, taken: TakenHome) => CommandContext,
  finished: (status: number) => void,
): void {
  const does =
    <Arguments extends readonly unknown[]>(load: () => Promise<Work<Arguments>>, taken: TakenHome = 'known home') =>
    async (...words: unknown[]): Promise<void> => {
      const command = words.pop() as Command;
      const work = await load();
      finished(await work(contextOf(command.optsWithGlobals(), taken), ...(words as unknown as Arguments)));
    };
  defineBuilding(program, does);
  defineJudging(program, does);
  defineKeys(program, does);
  defineServing(program, does);
  defineUsing(program, does);
  defineRemotes(program, does);
  defineHost(program, does);
  defineTemplate(program, does);
  program
    .option(...home)
    .option(...json)
    .option(...quiet);
  for (const command of leaves(program)) shareOptions(command);
}

const home = [
  '--home <DIR>',
  'folder of keys, cache, tree and containers (default: $COOPER_HOME or the data folder)',
] as const;
const json = ['--json', 'print one JSON document on standard output, nothing else there'] as const;
const quiet = ['--quiet', 'say nothing but results and errors'] as const;

// Accepted after the command's name too; the help of a command only points to them.
function shareOptions(command: Command): void {
  for (const [flags, description] of [home, json, quiet]) {
    command.addOption(new Option(flags, description).hideHelp());
  }
  command.addHelpText('after', '\nBesides: --home <DIR>, --json, --quiet (see `cooper --help`).');
}

function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
}
