// Whether processes have a folder as their root, as those of a running container of LXC have. Looks at /proc; processes of others that
// it may not look at are passed over.

import { readdir, readFile, stat } from 'node:fs/promises';
import { CooperError } from '../../errors/index.ts';

/** Throws `container-running` with the first of the processes, and `shift-refused` for the root of this very machine. */
export async function requireIdle(folder: string): Promise<void> {
  const wanted = await identity(folder);
  if (wanted !== undefined && wanted === (await identity('/'))) {
    throw new CooperError('shift-refused', { what: `${folder} is the root of this machine: nothing was changed` });
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const roots = await Promise.all(pids.map((pid) => identity(`/proc/${pid}/root`)));
  const inside = pids.filter((_, index) => roots[index] !== undefined && roots[index] === wanted);
  if (inside.length === 0) return;
  const lines = await Promise.all(inside.slice(0, 5).map(async (pid) => `${pid} ${await nameOf(pid)}`));
  throw new CooperError('container-running', { what: `${inside.length} processes run in ${folder}`, lines });
}

/** Device and inode; undefined for what is gone or closed to us. */
async function identity(path: string): Promise<string | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  return status && `${status.dev}:${status.ino}`;
}

async function nameOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}
