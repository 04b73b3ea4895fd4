// lxc-console on a pseudo-terminal, as a person sees it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Actor } from './actor.ts';

const leave = '\x01q';

/**
 * What lxc-console shows, from the connection to the first login prompt. Leaves it with Ctrl-A q and waits for its end;
 * throws when there was no prompt or no end after `seconds`.
 */
export async function consolePrompt(actor: Actor, words: readonly string[], seconds: number): Promise<string> {
  const quoted = ['lxc-console', ...words].map((word) => `'${word}'`).join(' ');
  const [program = '', ...rest] = actor.line(['script', '-qfec', quoted, '/dev/null'], { TERM: 'linux' });
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const deadline = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), seconds * 1000);
  // A prompt shown before stays unseen until Return is pressed; what is typed before lxc-console listens is lost.
  const asking = setInterval(() => child.stdin.write('\r'), 500);
  try {
    return await conversation(child);
  } finally {
    clearTimeout(deadline);
    clearInterval(asking);
  }
}

function conversation(child: ChildProcessByStdio<Writable, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    let shown = '';
    let left = false;
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk;
      if (left || !/ login: /.test(shown)) return;
      left = true;
      child.stdin.write(leave);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (status) => {
      if (left && status === 0) resolve(shown);
      else reject(new Error(`lxc-console: status ${status}, ${left ? '' : 'no '}login prompt:\n${shown}`));
    });
  });
}
