// How a line of the table says what a command does: the module with its work, loaded when it runs.

import type { CommandContext } from '../context.ts';

/** A command's work: options and arguments as parsed, result is the exit status. */
export type Work<Arguments extends readonly unknown[]> = (
  context: CommandContext,
  ...words: Arguments
) => Promise<number>;

/** Makes of a module's work what commander calls. */
export type Does = <Arguments extends readonly unknown[]>(
  load: () => Promise<Work<Arguments>>,
) => (...words: unknown[]) => Promise<void>;
