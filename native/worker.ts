// Runs a compiled *-worker.ts of Cooper by node inside a box, for work that needs foreign ids or must not touch more of the host than
// what it is given. It may be started before there is anything to ask: node and a worker's modules take a tenth of a second.

import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type Box, spawnBox } from './box.ts';
import { cutLines } from './lines.ts';
import { makePipe, makeSocketPair, sendFd } from './sys.ts';
import { type WorkerPlace, workerSpec } from './worker-place.ts';
import { recreateThrown, type WorkerLine } from './worker-protocol.ts';

/** What a worker is given with its request. */
export interface WorkerRun {
  /** An fd that the worker takes (takeInput of worker-main.ts), such as a file without a name; it stays open here. */
  readonly input?: number;
  readonly signal?: AbortSignal;
  readonly onMessage?: (message: unknown) => void;
  /** Sent to a worker of serveFedWorker, in order. Whoever feeds it aborts `signal` when nothing more can come. */
  readonly feed?: AsyncIterable<unknown>;
}

/** What a worker has said, and what it took. */
export interface WorkerAnswer<Response> {
  readonly response: Response;
  readonly cpuSeconds: number;
}

/** A worker that runs and waits for its one request. */
export interface StartedWorker {
  /**
   * Throws what the worker threw when it is a CooperError, else `internal`; the signal's reason when aborted, after everything inside
   * is gone; and what kept the worker from starting.
   */
  ask<Response>(request: unknown, run?: WorkerRun): Promise<WorkerAnswer<Response>>;
  /** Ends one that nobody has asked; settles when everything inside is gone. */
  end(): Promise<void>;
}

/** Lines of standard error that are shown when a worker ends without an answer. */
const shownLines = 20;

/** Gives the last line of the worker's answer once its fd 3 is at its end. */
async function readAnswers(fd: number, onMessage: (message: unknown) => void): Promise<WorkerLine | undefined> {
  const stream = new Socket({ fd, readable: true, writable: false });
  stream.setEncoding('utf8');
  let last: WorkerLine | undefined;
  let text = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    text += chunk;
    if (!chunk.includes('\n')) continue;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      last = JSON.parse(line) as WorkerLine;
      if (last.kind === 'message') onMessage(last.value);
    }
  }
  return last;
}

/** The last lines of standard error, once it is at its end: when everything inside is gone. */
function lastLines(box: Box): Promise<readonly string[]> {
  const kept: string[] = [];
  const lines = cutLines((line) => {
    kept.push(line);
    if (kept.length > shownLines) kept.shift();
  });
  const { stderr } = box;
  if (stderr === null) return Promise.resolve(kept);
  stderr.on('data', (chunk: Buffer) => lines.write(chunk));
  // What came before an error is worth showing; the end comes after it too.
  stderr.on('error', () => undefined);
  return new Promise((resolve) => {
    stderr.once('close', () => {
      lines.end();
      resolve(kept);
    });
  });
}

/** A worker that is gone reads nothing more, which is no failure of the sender's. */
async function sendAll({ stdin }: Box, request: unknown, feed: WorkerRun['feed']): Promise<void> {
  stdin?.write(`${JSON.stringify(request)}\n`);
  try {
    for await (const message of feed ?? []) stdin?.write(`${JSON.stringify(message)}\n`);
  } catch {
    // Its own business of whoever feeds.
  }
  stdin?.end();
}

/**
 * Starts `module` (relative to the package root, without extension, e.g. 'image/pack-worker'). Throws at once for a place that makes no
 * sense; what else keeps it from starting is told to whoever asks it.
 */
export function startWorker(module: string, place: WorkerPlace): StartedWorker {
  const stop = new AbortController();
  const opened: number[] = [];
  const passed: number[] = [];
  try {
    const pipe = makePipe();
    opened.push(pipe.read);
    passed.push(pipe.write);
    const inputs = makeSocketPair();
    opened.push(inputs.ours);
    passed.push(inputs.theirs);
    const box = spawnBox(workerSpec(module, place), {
      stdin: 'pipe',
      stdout: place.output ?? 'ignore',
      stderr: 'pipe',
      extraFds: passed,
      signal: stop.signal,
    });
    return new RunningWorker(module, box, { stop, answers: pipe.read, inputs: inputs.ours });
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    throw error;
  } finally {
    for (const fd of passed) closeSync(fd);
  }
}

/** Our side of a worker. */
interface WorkerEnds {
  readonly stop: AbortController;
  readonly answers: number;
  readonly inputs: number;
}

class RunningWorker implements StartedWorker {
  readonly #module: string;
  readonly #box: Box;
  readonly #stop: AbortController;
  readonly #stderr: Promise<readonly string[]>;
  readonly #answered: Promise<WorkerLine | undefined>;
  #onMessage: (message: unknown) => void = () => undefined;
  #inputs: number | undefined;

  constructor(module: string, box: Box, { stop, answers, inputs }: WorkerEnds) {
    this.#module = module;
    this.#box = box;
    this.#stop = stop;
    this.#inputs = inputs;
    this.#stderr = lastLines(box);
    this.#answered = readAnswers(answers, (message) => this.#onMessage(message));
    // Whoever asks is told; nobody has to.
    this.#answered.catch(() => undefined);
    void box.exit.catch(() => undefined).then(() => this.#closeInputs());
  }

  async ask<Response>(request: unknown, run: WorkerRun = {}): Promise<WorkerAnswer<Response>> {
    const { signal } = run;
    const stop = () => this.#stop.abort(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await this.#answer(request, run);
    } catch (error) {
      // Also an answer that cannot be read ends the box.
      this.#stop.abort();
      await this.#box.exit.catch(() => undefined);
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#box.stdin?.destroy();
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    this.#box.stdin?.destroy();
    await this.#box.exit.catch(() => undefined);
  }

  async #answer<Response>(request: unknown, { input, feed, onMessage }: WorkerRun): Promise<WorkerAnswer<Response>> {
    if (onMessage !== undefined) this.#onMessage = onMessage;
    if (input !== undefined) this.#give(input);
    void sendAll(this.#box, request, feed);
    const [exit, last] = await Promise.all([this.#box.exit, this.#answered]);
    if (last?.kind === 'done') return { response: last.value as Response, cpuSeconds: exit.cpuSeconds };
    if (last?.kind === 'refused' || last?.kind === 'crashed') throw recreateThrown(last, this.#module);
    throw new CooperError('internal', {
      what: `${this.#module} ended with status ${exit.status} and no answer`,
      lines: await this.#stderr,
    });
  }

  /** A worker that is gone takes nothing more, and why it is gone is told at the end. */
  #give(input: number): void {
    if (this.#inputs === undefined) return;
    try {
      sendFd(this.#inputs, input);
    } catch (error) {
      if (!isSystemError(error, 'EPIPE')) throw error;
    }
  }

  #closeInputs(): void {
    if (this.#inputs !== undefined) closeSync(this.#inputs);
    this.#inputs = undefined;
  }
}

/** Runs `module` on one request. Both request and response travel as JSON. Throws as startWorker and StartedWorker.ask do. */
export async function runWorker<Response>(
  module: string,
  request: unknown,
  options: WorkerPlace & WorkerRun,
): Promise<WorkerAnswer<Response>> {
  options.signal?.throwIfAborted();
  return startWorker(module, options).ask<Response>(request, options);
}
