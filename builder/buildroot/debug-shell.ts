// A shell in the box where a build has failed, for --debug-shell: the box of the command that failed, or of the root at hand.
// Changes nothing of the failure: it is reported afterwards as it would have been. One failure opens one shell.

import { CooperError } from '../../errors/index.ts';
import { plainText, type Stages } from '../../events/index.ts';
import { type BoxExit, type BoxSpec, spawnBox, takeTerminal } from '../../native/index.ts';

/** The user's terminal, which a build may borrow. */
export interface DebugTerminal {
  /** $TERM. */
  readonly term: string | undefined;
  readonly say: (text: string) => void;
  /** Meanwhile nothing is drawn, and Ctrl-C is a key like any other. */
  readonly lend: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Opens shells on one terminal for one build. */
export class DebugShell {
  readonly #terminal: DebugTerminal;
  readonly #signal: AbortSignal;
  #box: BoxSpec | undefined;
  #shown = false;

  constructor(terminal: DebugTerminal, signal: AbortSignal) {
    this.#terminal = terminal;
    this.#signal = signal;
  }

  /** Tells the box of the root that is worked on from now on. */
  at(box: BoxSpec): void {
    this.#box = box;
  }

  /** A command in the root has failed. Returns when the user has left the shell. */
  async afterCommand(box: BoxSpec, exit: BoxExit, lines: readonly string[]): Promise<void> {
    const how = exit.timedOut ? 'did not end in time' : `ended with status ${exit.status}`;
    const command = box.argv.map(quoted).join(' ');
    await this.#open(box, `${shownLines(lines)}This command ${how}:\n  ${shortened(command)}\n`, command);
  }

  /** Something has failed, perhaps outside the root. Does nothing after `afterCommand`. */
  async afterFailure(stage: string, error: unknown): Promise<void> {
    if (this.#shown || this.#signal.aborted) return;
    const reason = error instanceof Error ? error.message : String(error);
    const lines = error instanceof CooperError ? shownLines(error.lines) : '';
    const what = `The stage ${stage} has failed: ${reason}\n${lines}`;
    if (this.#box === undefined)
      this.#terminal.say(`${what}There is no build root yet that a shell could be opened in.\n`);
    else await this.#open(this.#box, what, '');
  }

  async #open(box: BoxSpec, what: string, command: string): Promise<void> {
    if (this.#signal.aborted) return;
    this.#shown = true;
    await this.#terminal.lend(async () => {
      this.#terminal.say(`\n${what}${instructions(command)}`);
      await this.#shell(shellBox(box, command, this.#terminal.term));
    });
  }

  async #shell(spec: BoxSpec): Promise<void> {
    try {
      const io = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', signal: this.#signal } as const;
      await spawnBox(spec, io).exit;
    } catch (error) {
      if (!(error instanceof CooperError) || error.code !== 'program-not-started') throw error;
      this.#terminal.say(`There is no shell in the build root: ${error.message}\n`);
    } finally {
      takeTerminal(0);
    }
  }
}

function instructions(command: string): string {
  const again = command === '' ? '' : 'Run it again:  eval "$COOPER_FAILED"\n';
  return `
You are root in the build root, with the mounts and limits of the build but for its time limit.
${again}Leave:         exit, or Ctrl-D. Then the failure is reported; the build does not go on.

`;
}

/** The same box with a shell in it. bash where it is, for its line editing. */
export function shellBox({ timeLimit: _, ...box }: BoxSpec, command: string, term: string | undefined): BoxSpec {
  return {
    ...box,
    argv: ['/bin/sh', '-c', 'if command -v bash > /dev/null; then exec bash --norc -i; else exec sh -i; fi'],
    env: { ...box.env, TERM: term ?? 'dumb', PS1: 'build root:$PWD# ', HISTFILE: '', COOPER_FAILED: command },
  };
}

/** One word for the shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function shownLines(lines: readonly string[]): string {
  return lines.map((line) => `  | ${plainText(line)}\n`).join('');
}

/** Characters of a command that are shown; a script may have thousands. */
const shownCharacters = 400;

function shortened(command: string): string {
  return command.length > shownCharacters ? `${command.slice(0, shownCharacters)} …` : command;
}

/** The same stages, with a shell where one fails. */
export function withDebugShell(stages: Stages, debug: DebugShell | undefined): Stages {
  if (debug === undefined) return stages;
  return {
    ...stages,
    run: (name, work) =>
      stages.run(name, async (report) => {
        try {
          return await work(report);
        } catch (error) {
          await debug.afterFailure(name, error);
          throw error;
        }
      }),
  };
}
