// What every command is handed: the home, where to write, when to stop. Made once in main.ts.

import type { CooperError } from '../errors/index.ts';
import type { Reporter } from '../events/index.ts';
import type { Home } from './home.ts';
import type { Passphrases } from './passphrases.ts';
import type { TerminalLoan } from './watch/terminal-loan.ts';

/** The surroundings of one run of the program. */
export interface CommandContext {
  readonly home: Home;
  /** Standard output: the result, nothing else. */
  readonly print: (text: string) => void;
  /** With --json the result is one document, printed through this. */
  readonly json: boolean;
  readonly report: Reporter;
  /** Tells a failure that does not end the run. */
  readonly complain: (error: CooperError) => void;
  /** For commands that let the user into a box while they run. */
  readonly terminal: TerminalLoan;
  /** For commands that sign or change the publisher's key. */
  readonly passphrases: Passphrases;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborted by SIGTERM alone: for commands whose Ctrl-C belongs to a program on the terminal. */
  readonly terminated: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly now: Date;
}

/** Prints the result: as one JSON document with --json, else as text. */
export function printResult(context: CommandContext, document: unknown, text: string): void {
  context.print(context.json ? `${JSON.stringify(document, null, 2)}\n` : text);
}
