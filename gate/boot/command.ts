// Runs a program of LXC's to its end, with a deadline. Its output goes to a file, not to a pipe: a container that it
// leaves behind in the background would hold a pipe open.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended; `output` is standard output and standard error as they came. */
export interface Finished {
  /** 128 and more when a signal ended it. */
  readonly status: number | 'too late';
  readonly output: string;
}

/** How to run. */
export interface CommandOptions {
  /** Seconds after which its process group is killed. */
  readonly seconds: number;
  /** The whole environment; that of this process when left out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Runs `argv`. Throws when it cannot be started, and the reason of the signal once its process group is killed. */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<Finished> {
  options.signal?.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), 'cooper-command-'));
  const file = join(folder, 'output');
  const output = openSync(file, 'a');
  try {
    const status = await statusOf(argv, output, options);
    options.signal?.throwIfAborted();
    return { status, output: readFileSync(file, 'utf8') };
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true });
  }
}

function statusOf(
  [program = '', ...words]: readonly string[],
  output: number,
  { seconds, env, signal }: CommandOptions,
): Promise<number | 'too late'> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', output, output], detached: true, ...(env && { env }) });
    let late = false;
    const kill = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const deadline = setTimeout(() => {
      late = true;
      kill();
    }, seconds * 1000);
    signal?.addEventListener('abort', kill, { once: true });
    child.once('error', reject);
    child.once('exit', (status) => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', kill);
      resolve(late ? 'too late' : (status ?? 128));
    });
  });
}
