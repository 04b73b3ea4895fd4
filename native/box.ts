// Runs a program in a box: hands native/box its plan, watches it, tells how it ended. Nothing of a box outlives this
// process, and `exit` settles only when every process inside is gone. What a box is made of is the caller's business.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { CooperError, isSystemError } from '../errors/index.ts';
import { openLimits, type RunningLimits } from './box-limits.ts';
import type { BoxExit, BoxSpec } from './box-types.ts';
import { cutLines } from './lines.ts';
import { boxProgram } from './package-root.ts';
import { makePipe, makeSocketPair, receiveFd } from './sys.ts';
import { rootAgain } from './user-namespace.ts';
import { encodePlan, explainFailure, parseReport } from './wire.ts';

/** Where the program's output goes; a number is an fd of this process, which stays open here. */
export type BoxOutput = 'ignore' | 'inherit' | 'pipe' | number;

/** The fds of the program. `stdin` and outputs are `ignore` by default; `extraFds` become 3, 4, … inside. */
export interface BoxIo {
  readonly stdin?: 'ignore' | 'inherit' | 'pipe' | number;
  readonly stdout?: BoxOutput;
  readonly stderr?: BoxOutput;
  readonly extraFds?: readonly number[];
  /** A TCP listener on the loopback of the box's own network (`network: 'none'`), listening when the program starts. */
  readonly listener?: {
    readonly port: number;
    /** Takes over the fd, before or after the program starts; not called when the box fails to start. */
    readonly take: (fd: number) => void;
  };
  /** Kills the box; `exit` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A running box. `pid` is the process that watches it from outside. */
export interface Box {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Rejects with a CooperError when the program could not be started, or with the reason of the abort. */
  readonly exit: Promise<BoxExit>;
  /** Kills everything inside; `exit` gives status 137. */
  kill(): void;
}

/** Pipes of our own: those that node makes are sockets, which programs cannot reopen as /dev/stdout. */
class BoxPipes {
  readonly #theirs: number[] = [];
  readonly #ours: Socket[] = [];

  /** What the child gets as its fd `inside`, and our end when a pipe was asked for. */
  end(wanted: BoxOutput, inside: number, writes: boolean): { child: 'ignore' | number; ours: Socket | null } {
    if (wanted === 'inherit') return { child: inside, ours: null };
    if (wanted !== 'pipe') return { child: wanted, ours: null };
    const pipe = makePipe();
    this.#theirs.push(writes ? pipe.write : pipe.read);
    const ours = new Socket({ fd: writes ? pipe.read : pipe.write, readable: writes, writable: !writes });
    // A program may end before it has read all of its input.
    if (!writes) ours.on('error', () => undefined);
    this.#ours.push(ours);
    return { child: writes ? pipe.write : pipe.read, ours };
  }

  /** What the child gets to send one descriptor over; `take` is called with it. A child that ends first sends none. */
  receive(take: (fd: number) => void): number {
    const { ours, theirs } = makeSocketPair();
    this.#theirs.push(theirs);
    receiveFd(ours)
      .then(take, () => undefined)
      .finally(() => closeSync(ours));
    return theirs;
  }

  closeTheirs(): void {
    for (const fd of this.#theirs.splice(0)) closeSync(fd);
  }

  closeAll(): void {
    this.closeTheirs();
    for (const socket of this.#ours) socket.destroy();
  }
}

function startBox(stdio: readonly ('ignore' | 'pipe' | number)[]): ChildProcess {
  // box itself needs PATH alone, to find newuidmap; the program gets the environment of the plan.
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
  return spawn(boxProgram, [], { argv0: 'box', stdio: [...stdio], cwd: '/', env, ...rootAgain() });
}

function hasFailedToStart(child: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    child.once('error', (cause) => {
      const missing = isSystemError(cause, 'ENOENT') || isSystemError(cause, 'EACCES');
      reject(missing ? new CooperError('not-compiled', { what: `${boxProgram} cannot be run`, cause }) : cause);
    });
  });
}

function hasEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const report = child.stdio[4] as Readable | undefined;
    report?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

function sendPlan(child: ChildProcess, plan: Buffer): void {
  const stream = child.stdio[3] as Writable | undefined;
  // A box that dies before it has read the plan reports for itself.
  stream?.on('error', (error) => {
    if (!isSystemError(error, 'EPIPE') && !isSystemError(error, 'ECONNRESET')) child.emit('error', error);
  });
  stream?.end(plan);
}

/** Starts a program in a box. Throws at once for a plan that makes no sense and for an aborted signal. */
export function spawnBox(spec: BoxSpec, io: BoxIo = {}): Box {
  io.signal?.throwIfAborted();
  const extraFds = io.extraFds ?? [];
  if (spec.idMap === 'host' && process.geteuid?.() !== 0) throw new TypeError('a box without id map needs real root');
  const limits = openLimits(spec.limits);
  const { listener } = io;
  const listening = listener === undefined ? {} : { listenerPort: listener.port };
  const pipes = new BoxPipes();
  try {
    const plan = encodePlan(spec, { parent: process.pid, extraFds: extraFds.length, ...limits.plan, ...listening });
    const stdin = pipes.end(io.stdin ?? 'ignore', 0, false);
    const stdout = pipes.end(io.stdout ?? 'ignore', 1, true);
    const stderr = pipes.end(io.stderr ?? 'ignore', 2, true);
    const channel = listener === undefined ? [] : [pipes.receive(listener.take)];
    const child = startBox([stdin.child, stdout.child, stderr.child, 'pipe', 'pipe', ...extraFds, ...channel]);
    sendPlan(child, plan);
    pipes.closeTheirs();
    return watch(child, { stdin: stdin.ours, stdout: stdout.ours, stderr: stderr.ours }, limits, io.signal);
  } catch (error) {
    pipes.closeAll();
    void limits.finish();
    throw error;
  }
}

function watch(
  child: ChildProcess,
  streams: Pick<Box, 'stdin' | 'stdout' | 'stderr'>,
  limits: RunningLimits,
  signal?: AbortSignal,
): Box {
  let killed = false;
  const kill = () => {
    killed = true;
    child.kill('SIGTERM');
  };
  const end = async () => {
    signal?.addEventListener('abort', kill, { once: true });
    try {
      return await Promise.race([hasEnded(child), hasFailedToStart(child)]);
    } finally {
      signal?.removeEventListener('abort', kill);
    }
  };
  const settle = async (): Promise<BoxExit> => {
    limits.start(kill);
    const ended = end();
    const met = await ended.then(limits.finish, limits.finish);
    const report = parseReport(await ended);
    signal?.throwIfAborted();
    if (report?.kind === 'exit') {
      const { status, cpuSeconds, timedOut, processes } = report;
      return { status, cpuSeconds, timedOut, processes, ...met };
    }
    if (report?.kind === 'fail' && !killed) throw explainFailure(report);
    return { status: 137, cpuSeconds: 0, timedOut: false, processes: [], ...met };
  };
  const exit = settle();
  // The caller may read the streams to their end before it looks at how the box ended.
  exit.catch(() => undefined);
  return { pid: child.pid ?? -1, ...streams, exit, kill };
}

/**
 * Runs a program to its end without input; standard output and standard error come as one stream, line by line, to
 * `onLine`, which must not throw. Rejects as `Box.exit` does.
 */
export async function runBox(
  spec: BoxSpec,
  options: Pick<BoxIo, 'signal' | 'listener'> & { readonly onLine?: (line: string) => void } = {},
): Promise<BoxExit> {
  const pipe = makePipe();
  const output = new Socket({ fd: pipe.read, readable: true, writable: false });
  const lines = cutLines(options.onLine ?? (() => undefined));
  const ended = new Promise<void>((resolve, reject) => {
    output.on('data', (chunk: Buffer) => lines.write(chunk));
    output.once('error', reject);
    output.once('close', () => resolve());
  });
  try {
    const { onLine: _, ...io } = options;
    let box: Box;
    try {
      box = spawnBox(spec, { stdout: pipe.write, stderr: pipe.write, ...io });
    } finally {
      closeSync(pipe.write);
    }
    const [exit] = await Promise.all([box.exit, ended]);
    lines.end();
    return exit;
  } finally {
    output.destroy();
  }
}
