// Makes sure that nobody else works on a container: it does not run, and no other command of ours changes or reads it as a whole.

import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../../errors/index.ts';
import { flock } from '../../native/index.ts';
import { requireIdle } from '../shift/running.ts';
import type { FoundContainer } from './open-container.ts';

/**
 * Runs `work` while the container is held; `shared`: others that only read it may go on. What starts meanwhile is not noticed.
 * @throws CooperError `container-running`
 */
export async function withStopped<T>(
  container: FoundContainer,
  kind: 'exclusive' | 'shared',
  work: () => Promise<T>,
): Promise<T> {
  const folder = await open(container.folder, 'r');
  try {
    if (!flock(folder.fd, kind, true)) {
      const what = `another command works on ${container.folder}`;
      throw new CooperError('container-running', { what, next: 'Wait until it has ended.' });
    }
    await requireStopped(container);
    return await work();
  } finally {
    await folder.close();
  }
}

async function requireStopped({ folder, rootfs, name }: FoundContainer): Promise<void> {
  await requireIdle(rootfs);
  if (!answersCommands(await unixSockets(), folder)) return;
  throw new CooperError('container-running', {
    what: `${folder} runs: LXC answers to commands for it`,
    next: `Stop the container first: lxc-stop -n ${name} -P ${path.dirname(folder)}`,
  });
}

async function unixSockets(): Promise<string> {
  try {
    return await readFile('/proc/net/unix', 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'EACCES')) return '';
    throw error;
  }
}

/**
 * True when LXC's monitor of the container listens: its abstract socket is `@<folder>/command` (src/lxc/commands.c). The roots of
 * processes of other users cannot be seen, this can. `table`: /proc/net/unix. Pure.
 */
export function answersCommands(table: string, folder: string): boolean {
  return table.split('\n').some((line) => line.endsWith(` @${folder}/command`));
}
