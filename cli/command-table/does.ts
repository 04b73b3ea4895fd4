// How a line of the table says what a command does: the module with its work, loaded when it runs.

import type { CommandContext } from '../context.ts';

/** A command's work: options and arguments as parsed, result is the exit status. */
export type Work<Arguments extends readonly unknown[]> = (
  context: CommandContext,
  ...words: Arguments
) => Promise<number>;

/** Which homes a command takes: those that this version can read, or also one of a later version. */
export type TakenHome = 'known home' | 'any home';

/** Makes of a module's work what commander calls. The home is one that this version knows unless said otherwise. */
export type Does = <Arguments extends readonly unknown[]>(
  load: () => Promise<Work<Arguments>>,
  taken?: TakenHome,
) => (...words: unknown[]) => Promise<void>;
