// Runs a program of a test to its end with a deadline, which is an error.

import { runCommand } from '../../../gate/boot/command.ts';

/** How a program ended; `output` is standard output and standard error as they came. */
export interface Finished {
  readonly status: number;
  readonly output: string;
}

/** Runs `argv`; throws when it cannot be started or has not ended after `seconds` (its process group is then killed). */
export async function finish(argv: readonly string[], seconds: number): Promise<Finished> {
  const { status, output } = await runCommand(argv, { seconds });
  if (status === 'too late') throw new Error(`${argv.join(' ')}: not done after ${seconds} s\n${output}`);
  return { status, output };
}

/** As finish(), for a program that has to succeed. Returns its output, trimmed. */
export async function succeed(argv: readonly string[], seconds: number): Promise<string> {
  const { status, output } = await finish(argv, seconds);
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${output}`);
  return output.trim();
}
