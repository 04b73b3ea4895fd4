// Runs a compiled *-worker.ts of Cooper by node inside a box, for work that needs foreign ids or must not touch more
// of the host than what it is given. The worker sees the host's programs and Cooper itself read-only, and `binds`.

import { closeSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { CooperError } from '../errors/index.ts';
import { type Box, spawnBox } from './box.ts';
import type { BoxExit, BoxMount, BoxSpec, BoxTree } from './box-types.ts';
import type { IdMap } from './idmap-types.ts';
import { cutLines } from './lines.ts';
import { bundledFile, packageRoot } from './package-root.ts';
import { makePipe } from './sys.ts';
import { recreateThrown, type WorkerLine } from './worker-protocol.ts';

/** What a worker is given beside its request. */
export interface WorkerOptions {
  readonly idMap: IdMap | 'host';
  /** Host paths that the worker sees at the same place; opened as the caller, so below 0700 folders too. */
  readonly binds: readonly (BoxTree & { readonly readOnly: boolean })[];
  /** An fd that becomes the worker's standard output, for raw bytes; it stays open here. Ignored without one. */
  readonly output?: number;
  /** An fd that the worker has as `inputFd` (worker-main.ts), such as a file without a name; it stays open here. */
  readonly input?: number;
  readonly signal?: AbortSignal;
  readonly onMessage?: (message: unknown) => void;
  /** Sent to a worker of serveFedWorker, in order. Whoever feeds it aborts `signal` when nothing more can come. */
  readonly feed?: AsyncIterable<unknown>;
}

/** Lines of standard error that are shown when a worker ends without an answer. */
const shownLines = 20;

/** Folders of programs and libraries, as the host has them: folders are bound, links (merged /usr) made again. */
export function hostMounts(): BoxMount[] {
  const names = readdirSync('/').filter((name) => /^(usr|bin|sbin|lib\w*)$/.test(name));
  return names.map((name) => {
    const target = `/${name}`;
    return lstatSync(target).isSymbolicLink()
      ? { kind: 'symlink', target, to: readlinkSync(target) }
      : { kind: 'bind', source: target, target, readOnly: true };
  });
}

function bindInPlace(path: string, readOnly: boolean, optional = false): BoxMount {
  return { kind: 'bind', source: path, target: path, readOnly, optional };
}

function mountTree({ path, overlay, readOnly }: WorkerOptions['binds'][number]): BoxMount {
  if (overlay === undefined) return bindInPlace(path, readOnly);
  return { kind: 'overlay', target: path, overlay, readOnly };
}

/**
 * What a worker needs of Cooper itself, and no more of the package root: a home folder may lie in the checkout.
 * Installed as a package, Cooper has its dependencies beside it.
 */
function ownFiles(): BoxMount[] {
  const parent = dirname(packageRoot);
  if (basename(parent) === 'node_modules') return [bindInPlace(parent, true)];
  const parts = ['package.json', 'dist', 'native/bin', 'native/prebuilt', 'node_modules'];
  return parts.map((part) => bindInPlace(join(packageRoot, part), true, true));
}

function workerSpec(module: string, options: WorkerOptions): BoxSpec {
  return {
    idMap: options.idMap,
    root: 'empty',
    mounts: [
      ...hostMounts(),
      bindInPlace('/etc/ld.so.cache', true, true),
      { kind: 'proc', target: '/proc' },
      { kind: 'dev', target: '/dev' },
      bindInPlace(process.execPath, true),
      ...ownFiles(),
      ...options.binds.map(mountTree),
    ],
    network: 'none',
    hostname: 'worker',
    // Without a user namespace a worker is real root because it has to make device nodes or set trusted attributes.
    seccomp: options.idMap === 'host' ? 'off' : 'guarded',
    noNewPrivileges: true,
    // Reading the source maps takes a while, so only for whoever looks at stacks.
    argv: [
      process.execPath,
      ...(process.env.COOPER_DEBUG === '1' ? ['--enable-source-maps'] : []),
      bundledFile(module),
    ],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/', ...chosenEngine() },
    cwd: '/',
  };
}

/** The one variable of the caller that workers heed: which xz engine packages are read with. */
function chosenEngine(): { readonly COOPER_XZ_ENGINE?: string } {
  const { COOPER_XZ_ENGINE } = process.env;
  return COOPER_XZ_ENGINE === undefined ? {} : { COOPER_XZ_ENGINE };
}

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

function start(spec: BoxSpec, options: WorkerOptions, answers: number): Box {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  return spawnBox(spec, {
    stdin: 'pipe',
    stdout: options.output ?? 'ignore',
    stderr: 'pipe',
    extraFds: options.input === undefined ? [answers] : [answers, options.input],
    ...signal,
  });
}

/** A worker that is gone reads nothing more, which is no failure of the sender's. */
async function sendAll({ stdin }: Box, request: unknown, feed: WorkerOptions['feed']): Promise<void> {
  stdin?.write(`${JSON.stringify(request)}\n`);
  try {
    for await (const message of feed ?? []) stdin?.write(`${JSON.stringify(message)}\n`);
  } catch {
    // Its own business of whoever feeds.
  }
  stdin?.end();
}

/** Waits for the end and the answer; an answer that cannot be read ends the box too. */
async function bothOrNone<T>(box: Box, answered: Promise<T>): Promise<[BoxExit, T]> {
  try {
    return await Promise.all([box.exit, answered]);
  } catch (error) {
    box.kill();
    await box.exit.catch(() => undefined);
    throw error;
  }
}

/**
 * Runs `module` (relative to the package root, without extension, e.g. 'image/pack-worker') on one request. Both
 * request and response travel as JSON. Throws what the worker threw when it is a CooperError, else `internal`; the
 * signal's reason when aborted, after everything inside is gone.
 */
export async function runWorker<Response>(
  module: string,
  request: unknown,
  options: WorkerOptions,
): Promise<{ response: Response; cpuSeconds: number }> {
  const pipe = makePipe();
  const answered = readAnswers(pipe.read, options.onMessage ?? (() => undefined));
  let box: Box;
  try {
    box = start(workerSpec(module, options), options, pipe.write);
  } finally {
    closeSync(pipe.write);
  }
  const stderr = lastLines(box);
  void sendAll(box, request, options.feed);
  const [exit, last] = await bothOrNone(box, answered).finally(() => box.stdin?.destroy());
  if (last?.kind === 'done') return { response: last.value as Response, cpuSeconds: exit.cpuSeconds };
  if (last?.kind === 'refused' || last?.kind === 'crashed') throw recreateThrown(last, module);
  throw new CooperError('internal', {
    what: `${module} ended with status ${exit.status} and no answer`,
    lines: await stderr,
  });
}
