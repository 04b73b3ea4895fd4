// One publish at a time: the kernel's lock on <tree>/.lock, held by a child (flock of util-linux) that ends with this process,
// however that ends. So there is no stale lock, and waiting publishers queue. The file holds the owner's pid for people.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { CooperError } from '../../errors/index.ts';

/**
 * Runs `work` while this process alone holds the lock on `path`; waits for other holders first, unless `signal` ends that.
 * @throws CooperError 'tool-missing' without flock(1); the signal's reason
 */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const holder = await acquire(path, signal);
  try {
    await writeFile(path, `${process.pid}\n`);
    return await work();
  } finally {
    const ended = once(holder, 'exit');
    holder.stdin?.end();
    await ended;
  }
}

/** The child says "held" once it has the lock and then waits for the end of its input. */
async function acquire(path: string, signal: AbortSignal | undefined): Promise<ChildProcess> {
  signal?.throwIfAborted();
  const script = 'echo held; exec cat';
  // A process group of its own: Ctrl-C must not take the lock away while this process still cleans up.
  const child = spawn('flock', ['-x', path, 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  // Only flock itself waits: the shell that it starts comes with the lock.
  const giveUp = () => child.kill();
  signal?.addEventListener('abort', giveUp, { once: true });
  const held = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(new CooperError('tool-missing', { what: 'cannot run flock', cause })));
    child.once('exit', () => reject(new CooperError('internal', { what: `cannot lock ${path}: ${complaint.trim()}` })));
    child.stdout.once('data', () => resolve());
  });
  try {
    await held;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return child;
}
