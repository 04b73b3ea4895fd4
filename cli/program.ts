// The program as commander knows it: the table of commands, and what stands around it in the help.

import { Command } from 'commander';
import type { TakenHome } from './command-table/does.ts';
import { defineCommands } from './commands.ts';
import type { CommandContext } from './context.ts';
import type { PassphraseOptions } from './passphrases.ts';
import type { MappedIds } from './template-caller.ts';
import { version } from './version.ts';

const examples = `
Examples:
  cooper build debian/bookworm
  cooper serve --tls self-signed
  cooper create ct1 debian/bookworm --server URL --keyid FINGERPRINT
  cooper remote add up URL --keyid FINGERPRINT
  cooper create ct2 up:debian/12/mini
  cooper run ct1 -- cat /etc/os-release

Exit status: 0 done, 1 failed, 2 bad usage or definition,
3 verification refused, 4 nothing to do, 69 a service or tool is missing,
130 interrupted.`;

/** The options that all commands share, as commander gives them. */
export interface GlobalOptions extends PassphraseOptions, MappedIds {
  readonly home?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Makes it. `context` is called when a command runs, `finished` with its exit status; wrong usage is a CommanderError. */
export function makeProgram(
  context: (options: GlobalOptions, taken: TakenHome) => CommandContext,
  finished: (status: number) => void,
): Command {
  const program = new Command('cooper')
    .description('Builds Linux container images, signs and publishes them, and turns them into containers.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('See `cooper --help`.')
    .exitOverride();
  defineCommands(program, context, finished);
  return program.addHelpText('after', examples);
}
