// --debug-shell: the terminal of this run for shells in the build root. Refuses to promise one where nobody could type.

import { DebugShell } from '../builder/index.ts';
import { CooperError } from '../errors/index.ts';
import type { CommandContext } from './context.ts';

/** The shells of a build, when they are wanted. Throws `bad-usage` without a terminal. */
export function debugShells(context: CommandContext, wanted: boolean): { readonly debug?: DebugShell } {
  if (!wanted) return {};
  const { terminal, signal, env } = context;
  if (!terminal.interactive) {
    throw new CooperError('bad-usage', {
      what: '--debug-shell needs a terminal as standard input and standard error',
      next: 'Leave it out; --keep keeps the build root of a failed build for later.',
    });
  }
  const say = (text: string): void => void process.stderr.write(text);
  return { debug: new DebugShell({ term: env.TERM, say, lend: (work) => terminal.lend(work) }, signal) };
}
