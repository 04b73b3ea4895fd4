// What programs of the build root may use, and how it is told when they use more. Pure.

import { CooperError } from '../../errors/index.ts';
import type { BoxExit, BoxLimits } from '../../native/index.ts';

/** Far above what any package script starts at one time; a fork bomb ends here. */
const mostProcesses = 8192;

/** So that a script which fills the disk does not take the builder and its log with it. */
const leastReserve = 64 * 1024 * 1024;

/** Where a root lies, as far as limits go. */
export interface Written {
  /** The folder that gets what is written to the root. */
  readonly path: string;
  /** Of a root in memory: bytes that have to stay free on its file system. */
  readonly memoryReserve?: number | undefined;
}

/** The limits of a box that writes there: those asked for, else the safe ones. Memory has none of its own accord. */
export function limitsOf({ path, memoryReserve = 0 }: Written, asked: BoxLimits = {}): BoxLimits {
  const reserveBytes = Math.max(leastReserve, memoryReserve);
  return { pids: mostProcesses, disk: { path, reserveBytes }, ...asked };
}

/** Lines for what was asked for and could not be enforced as such. The default of processes is not worth a line. */
export function shortfallsOf(exit: BoxExit, asked: BoxLimits = {}): readonly string[] {
  const wanted = { memory: asked.memoryBytes !== undefined, pids: asked.pids !== undefined };
  return exit.shortfalls
    .filter(({ limit }) => wanted[limit])
    .map(({ limit, reason }) => `the limit of ${names[limit]} is ${reason}`);
}

const names = { memory: 'memory', pids: 'processes' } as const;

/** The tree of what ran when the time was over, for the lines of an error. */
export function runningLines({ processes }: BoxExit): readonly string[] {
  return processes.length === 0
    ? []
    : ['still running when the time was over:', ...processes.map((line) => `  ${line}`)];
}

/** A program that has ended. `lines`: the last ones of its output. */
interface Ran {
  readonly what: string;
  readonly lines: readonly string[];
  /** Whether what it has written lies in memory. */
  readonly inMemory: boolean;
}

const onDisk = 'What it writes counts as memory here; build with --roots disk if that is as it should be.';

/** Throws `no-space` or `script-over-limit` for a program that failed after it met a limit; passes all others. */
export function refuseExceeded(exit: BoxExit, limits: BoxLimits, { what, lines, inMemory }: Ran): void {
  if (exit.status === 0) return;
  const more = inMemory ? { lines, next: onDisk } : { lines };
  if (exit.exceeded.includes('disk')) {
    const free = `${mebibytes(limits.disk?.reserveBytes ?? 0)} of ${inMemory ? 'the memory for roots' : 'the disk'} free`;
    throw new CooperError('no-space', { what: `${what} left less than ${free}`, ...more });
  }
  if (exit.exceeded.includes('memory')) {
    const limit = mebibytes(limits.memoryBytes ?? 0);
    throw new CooperError('script-over-limit', { what: `${what} needed more than its ${limit} of memory`, ...more });
  }
  if (exit.exceeded.includes('pids')) {
    const processes = `${limits.pids} processes`;
    throw new CooperError('script-over-limit', { what: `${what} started more than its ${processes}`, lines });
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
