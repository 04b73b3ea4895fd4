// Runs one command in a container's root, without LXC: the native box with the container's ids, no way back, and no more of the host than
// the container's cooper.yaml and the caller say.

import { CooperError } from '../errors/index.ts';
import { type BoxSpec, spawnBox } from '../native/index.ts';
import { containerBox } from './container/box.ts';
import { type ContainerChoice, openContainer } from './container/open-container.ts';
import { layered, type RunBlock } from './container/run-block.ts';
import { boxOfRun } from './container/run-isolation.ts';
import { readRunBlock } from './container/settings-file.ts';

/** Everything that `cooper run NAME -- CMD` needs to know. */
export interface RunRequest extends ContainerChoice {
  /** Program and arguments; the program is looked up along PATH inside. */
  readonly command: readonly string[];
  /** How it is confined; goes before what the container's cooper.yaml says. */
  readonly block: RunBlock;
  /** Told at the end: limits that were met, or that the host could not enforce as asked. */
  readonly notice: (message: string) => void;
  /** Value of TERM inside. */
  readonly term: string | undefined;
  /** Ends the run, unless standard input is a terminal. Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the run also on a terminal. Aborted by SIGTERM alone: there Ctrl-C belongs to the program. */
  readonly terminated: AbortSignal;
}

/**
 * Runs the command on the caller's terminal and returns its exit status: 127 when there is no such command, 128 + signal
 * when one killed it.
 * @throws CooperError `container-not-found`, `container-unsupported`, `container-name-invalid`, `container-settings-faulty`,
 *   `container-settings-untrusted`, `bind-missing`, `user-unknown`, `workdir-missing`, `memory-unlimited`, `rlimit-too-high`,
 *   `bad-usage`; the reason of the signal that ended it
 */
export async function runInContainer(request: RunRequest): Promise<number> {
  const { command, term } = request;
  if (command.length === 0) {
    throw new CooperError('bad-usage', { what: 'no command to run', next: 'Give it after --: cooper run NAME -- CMD' });
  }
  const container = await openContainer(request);
  const block = layered(await readRunBlock(container.folder), request.block);
  const { program, isolation } = await boxOfRun(container, block, request.signal);
  const env = { ...(term === undefined || term === '' ? {} : { TERM: term }), ...program.env };
  try {
    return await runOnTerminal(containerBox(container, { ...program, argv: command, env }, isolation), request);
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'program-not-started')) throw error;
    // As a shell does it: the status tells, and a line for people.
    process.stderr.write(`cooper: ${error.message}\n`);
    return 127;
  }
}

/**
 * On a terminal Ctrl-C is a key like any other for the program inside (a shell lives on). Elsewhere the program is in a
 * session of its own, where no key reaches it, so Ctrl-C ends the run.
 */
async function runOnTerminal(spec: BoxSpec, { signal, terminated, notice }: RunRequest): Promise<number> {
  const ends = process.stdin.isTTY === true ? terminated : AbortSignal.any([signal, terminated]);
  const box = spawnBox(spec, { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', signal: ends });
  const end = () => box.kill();
  process.on('SIGHUP', end);
  try {
    const { status, exceeded, shortfalls } = await box.exit;
    for (const limit of exceeded)
      notice(`the limit of ${limit} was met: something in the container was stopped for it`);
    for (const { limit, reason } of shortfalls) notice(`the limit of ${limit} is ${reason}`);
    return status;
  } finally {
    process.off('SIGHUP', end);
  }
}
