// Questions to whoever sits at the terminal. Nobody is asked where nobody can answer.

import { createInterface } from 'node:readline/promises';
import { CooperError } from '../errors/index.ts';
import type { CommandContext } from './context.ts';

/** Asks for yes or no on the terminal, "no" unless said otherwise; undefined where there is none. */
export function questioner({
  terminal,
  terminated,
}: Pick<CommandContext, 'terminal' | 'terminated'>): ((text: string) => Promise<boolean>) | undefined {
  if (!terminal.interactive) return undefined;
  return (text) => terminal.lend(() => askYesOrNo(text, terminated));
}

/** Asks for a line on the terminal, given without blanks around it; undefined where there is none. */
export function liner({
  terminal,
  terminated,
}: Pick<CommandContext, 'terminal' | 'terminated'>): ((text: string) => Promise<string>) | undefined {
  if (!terminal.interactive) return undefined;
  return (text) => terminal.lend(() => askLine(text, terminated));
}

async function askYesOrNo(text: string, terminated: AbortSignal): Promise<boolean> {
  return /^y(es)?$/i.test(await askLine(`${text} [y/N]`, terminated));
}

async function askLine(text: string, terminated: AbortSignal): Promise<string> {
  const ended = new AbortController();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of input are no answer.
  lines.once('SIGINT', () => ended.abort());
  lines.once('close', () => ended.abort());
  try {
    return (await lines.question(`${text} `, { signal: AbortSignal.any([ended.signal, terminated]) })).trim();
  } catch (cause) {
    throw new CooperError('interrupted', { what: 'interrupted', cause });
  } finally {
    lines.close();
  }
}
