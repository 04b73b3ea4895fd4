// Runs a program to its end with a deadline. Its output goes to a file, not to a pipe: a container that it leaves behind
// in the background would hold a pipe open.

import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended; `output` is standard output and standard error as they came. */
export interface Finished {
  readonly status: number;
  readonly output: string;
}

/** Runs `argv`; throws when it cannot be started or has not ended after `seconds` (its process group is then killed). */
export async function finish(argv: readonly string[], seconds: number): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'cooper-e2e-'));
  const file = join(folder, 'output');
  const output = openSync(file, 'a');
  try {
    const status = await statusOf(argv, output, seconds);
    const said = readFileSync(file, 'utf8');
    if (status === 'too late') throw new Error(`${argv.join(' ')}: not done after ${seconds} s\n${said}`);
    return { status, output: said };
  } finally {
    closeSync(output);
    rmSync(folder, { recursive: true });
  }
}

/** As finish(), for a program that has to succeed. Returns its output, trimmed. */
export async function succeed(argv: readonly string[], seconds: number): Promise<string> {
  const { status, output } = await finish(argv, seconds);
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}\n${output}`);
  return output.trim();
}

function statusOf(argv: readonly string[], output: number, seconds: number): Promise<number | 'too late'> {
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', output, output], detached: true });
    const deadline = setTimeout(() => {
      resolve('too late');
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, seconds * 1000);
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      clearTimeout(deadline);
      if (status === null) reject(new Error(`${argv.join(' ')}: ended by ${signal}`));
      else resolve(status);
    });
  });
}
