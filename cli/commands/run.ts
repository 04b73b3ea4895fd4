// cooper run: one command inside a container's root; its exit status becomes ours. Refuses an option after the name: all
// words there belong to the command.

import { runInContainer } from '../../client/index.ts';
import { CooperError } from '../../errors/index.ts';
import type { CommandContext } from '../context.ts';
import { type RunOptions, runBlockOf } from '../run-options.ts';
import { hostUser } from '../server-access.ts';

/** Runs the command on this terminal. Throws `bad-usage`, and what runInContainer does. */
export async function run(
  context: CommandContext,
  name: string,
  command: readonly string[],
  { path, ...options }: RunOptions & { readonly path?: string },
): Promise<number> {
  return runInContainer({
    name,
    command: commandIn(command),
    path,
    homeContainers: context.home.chosen ? context.home.containers : undefined,
    user: hostUser(context.env),
    block: runBlockOf(options, process.cwd()),
    notice: (message) => context.report({ type: 'notice', time: Date.now(), stage: 'run', message }),
    term: context.env.TERM,
    signal: context.signal,
    terminated: context.terminated,
  });
}

/** Options of the command are passed through, and so is the `--` before it. An option of ours would be taken for the command. */
function commandIn(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  if (first === '--') return words.slice(1);
  if (!first.startsWith('-')) return words;
  throw new CooperError('bad-usage', {
    what: `${first} stands where the command should`,
    next: 'Put options before NAME, and the command after --: cooper run --path DIR NAME -- CMD',
  });
}
