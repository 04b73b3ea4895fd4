// Which view a run gets: by where standard error goes and what started the program.

import { watchUnderGithub } from './github.ts';
import { watchInLines } from './lines.ts';
import { type View, watchOnTerminal } from './terminal.ts';

/** Standard error as far as views need it. */
export interface Output {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Width of what is no terminal, or of one that does not tell it. */
const usualColumns = 80;

/** Characters in a line of that output. */
export function columnsOf({ columns }: Pick<Output, 'columns'>): number {
  return columns || usualColumns;
}

/** GitHub's runner says GITHUB_ACTIONS=true; a dumb terminal cannot go back in a line. */
export function chooseView(output: Output, env: NodeJS.ProcessEnv): View {
  const write = (text: string): void => void output.write(text);
  if (env.GITHUB_ACTIONS === 'true') return watchUnderGithub(write);
  if (output.isTTY !== true || env.TERM === 'dumb') return watchInLines(write);
  return watchOnTerminal({ write, columns: () => columnsOf(output) });
}
