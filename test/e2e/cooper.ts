// Runs the built program as a user would: a process of its own, its standard streams, its exit status.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program in this checkout. */
export const program = fileURLToPath(new URL('../../bin/cooper', import.meta.url));

/** How a run ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run. `seconds`: deadline after which the process is killed and the run counts as failed. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly seconds?: number;
  readonly input?: string;
}

/** Runs a program to its end and collects what it says. */
export function execute(command: string, words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { seconds = 300, input, ...spawning } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { ...spawning, stdio: 'pipe' });
    const deadline = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk));
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(deadline);
      resolve({ status, ...output });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** Runs `cooper WORDS`. */
export function cooper(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return execute(program, words, options);
}

/** Runs `cooper --json WORDS`, which must succeed, and returns its document. */
export async function cooperJson<T>(words: readonly string[], options: RunOptions = {}): Promise<T> {
  const outcome = await cooper(['--json', ...words], options);
  if (outcome.status !== 0) throw new Error(`cooper ${words.join(' ')}: status ${outcome.status}\n${outcome.stderr}`);
  return JSON.parse(outcome.stdout) as T;
}
