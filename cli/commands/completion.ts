// cooper completion SHELL, and what its scripts ask.

import type { Command } from 'commander';
import { CooperError } from '../../errors/index.ts';
import { type Completion, completionOf } from '../completion/candidates.ts';
import { knownHere } from '../completion/known.ts';
import { positionOf } from '../completion/position.ts';
import { completionScript, type Shell } from '../completion/scripts.ts';
import { type CommandContext, printResult } from '../context.ts';

/** Prints the script for the shell. */
export async function completion(context: CommandContext, shell: Shell): Promise<number> {
  const script = completionScript(shell);
  printResult(context, { shell, script }, script);
  return 0;
}

/** Prints what the last of the words can become. A shell is told nothing of what goes wrong. */
export async function complete(program: Command, context: CommandContext, words: readonly string[]): Promise<number> {
  const { directive, candidates } = await answer(program, words, context.env);
  const lines = candidates.map(({ text, note }) => (note === undefined ? text : `${text}\t${note}`));
  context.print([...lines, `:${directive}`, ''].join('\n'));
  return 0;
}

async function answer(program: Command, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Completion> {
  try {
    return await completionOf(positionOf(program, words), knownHere(env));
  } catch (error) {
    if (error instanceof CooperError || isAnySystemError(error)) return { directive: 'words', candidates: [] };
    throw error;
  }
}

/** Something is not there, or not ours to read. */
function isAnySystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
