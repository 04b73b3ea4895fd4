// The table of commands for the tests: nothing runs, and what is printed goes where the test wants it.

import type { Command } from 'commander';
import { makeProgram } from '../../cli/program.ts';

/** The program; its help is for 80 columns. */
export function programOfTable({ write }: { readonly write?: (text: string) => void } = {}): Command {
  const program = makeProgram(
    () => {
      throw new Error('no command runs here');
    },
    () => undefined,
  );
  const print = (text: string) => write?.(text);
  const all = [program, ...everyCommand(program).map(({ command }) => command)];
  for (const each of all) {
    each.configureOutput({ writeOut: print, writeErr: print, getOutHelpWidth: () => 80, getErrHelpWidth: () => 80 });
  }
  return program;
}

/** The program and every command below it that is no secret, with the words that call it. */
export function everyCommand(
  command: Command,
  path: readonly string[] = [],
): readonly { readonly command: Command; readonly path: readonly string[] }[] {
  const shown = command.createHelp().visibleCommands(command);
  const children = command.commands.filter((child) => shown.includes(child));
  return [{ command, path }, ...children.flatMap((child) => everyCommand(child, [...path, child.name()]))];
}
