// The program `cooper`: parses options once, runs one command, turns whatever failed into a message and an exit status.
// Commands live in commands/, one file each, loaded only when they run.

import { isatty } from 'node:tty';
import { CommanderError } from 'commander';
import { CooperError, exitStatus, isSystemError } from '../errors/index.ts';
import { failureText } from './ci/failure-text.ts';
import type { CommandContext } from './context.ts';
import { checkHome, homeAt } from './home.ts';
import { Passphrases, takePassphrases } from './passphrases.ts';
import { type GlobalOptions, makeProgram } from './program.ts';
import { asCooperError } from './render.ts';
import { mappedCaller } from './template-caller.ts';
import { chooseView } from './watch/choose.ts';
import { TerminalLoan } from './watch/terminal-loan.ts';

// Whoever reads may stop reading, as `head` does: the work goes on, and nobody is told.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error) => {
    if (!isSystemError(error, 'EPIPE')) throw error;
  });
}

/** Runs the program with the given words; returns its exit status. */
async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const terminate = new AbortController();
  const reason = new CooperError('interrupted', { what: 'interrupted' });
  const view = chooseView(process.stderr, process.env);
  const terminal = new TerminalLoan(view, isatty(0) && isatty(2));
  process.on('SIGINT', () => {
    if (!terminal.lent) stop.abort(reason);
  });
  process.on('SIGTERM', () => {
    stop.abort(reason);
    terminate.abort(reason);
  });
  const shared = { report: view.report, terminal, signal: stop.signal, terminated: terminate.signal };
  let status = 0;
  let json = false;
  const program = makeProgram(
    (options, taken) => {
      const context = contextOf(options, shared);
      json = context.json;
      if (taken === 'known home') checkHome(context.home);
      return context;
    },
    (result) => (status = result),
  );
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    return failure(error, stop.signal, json || wantsJson(argv));
  }
}

type SharedContext = Pick<CommandContext, 'report' | 'terminal' | 'signal' | 'terminated'>;

function contextOf(options: GlobalOptions, shared: SharedContext): CommandContext {
  return {
    home: homeAt(options.home, process.env, mappedCaller(options)?.outerUid),
    passphrases: new Passphrases(options, { ...shared, variables: takePassphrases(process.env) }),
    print: (text) => void process.stdout.write(text),
    json: options.json === true,
    ...shared,
    ...(options.quiet === true ? { report: () => undefined } : {}),
    complain: (error) => void process.stderr.write(failureText(error, process.env, process.cwd(), process.stderr)),
    env: process.env,
    now: new Date(),
  };
}

function failure(error: unknown, signal: AbortSignal, json: boolean): number {
  // Commander has already printed its own messages; help and version are no failures.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (json) printFailure(new CooperError('bad-usage', { what: error.message }));
    return exitStatus.usage;
  }
  const cause = signal.aborted ? signal.reason : error;
  process.stderr.write(failureText(cause, process.env, process.cwd(), process.stderr));
  const known = asCooperError(cause);
  if (json) printFailure(known);
  return known.exit;
}

function printFailure({ code, message, next, lines }: CooperError): void {
  process.stdout.write(`${JSON.stringify({ error: { code, message, next, lines } }, null, 2)}\n`);
}

/** For words that could not be parsed: whether --json stands before those of another program. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json') && argv[0] !== 'run';
}

// What is built and published is for other users and for namespaces whose root is nobody here; what is secret is made with a
// mode that says so.
process.umask(0o022);
process.exitCode = await main(process.argv.slice(2));
