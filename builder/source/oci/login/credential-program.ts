// Asks a credential helper for a login: `docker-credential-NAME get`, the server on standard input, the login as JSON on standard output (the
// protocol of docker-credential-helpers). What it prints is never shown: it may be the password.

import { spawn } from 'node:child_process';
import { z } from 'zod';
import { CooperError, isSystemError } from '../../../../errors/index.ts';
import { Login } from './login.ts';

/** Milliseconds; somebody may have to type a passphrase meanwhile. */
const patience = 120_000;

/** Bytes of an answer. */
const most = 256 * 1024;

/** What the helpers say when they have nothing, by which all callers know it. */
const nothing = 'credentials not found in native keychain';

const answerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** What is asked. */
export interface HelperQuestion {
  /** NAME; of letters, digits, dots, dashes and underscores. */
  readonly helper: string;
  readonly server: string;
  /** The whole environment of the program: it is looked for on its PATH. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** A helper that cannot be asked: files that were copied from elsewhere name some that are not on this machine. */
export interface NotStarted {
  /** In a clause, for people. */
  readonly notStarted: string;
}

/** Its login; undefined when it has none. Throws `registry-login`, and the reason of the signal. */
export async function askHelper(question: HelperQuestion): Promise<Login | NotStarted | undefined> {
  const program = `docker-credential-${question.helper}`;
  const ended = await outputOf(program, question);
  return 'notStarted' in ended ? ended : loginFrom(program, question, ended);
}

function loginFrom(program: string, question: HelperQuestion, { status, output }: Ended): Login | undefined {
  if (status !== 0 && output.trim() === nothing) return undefined;
  if (status !== 0) throw failed(program, question.server, `it ended with status ${status ?? 'of a signal'}`);
  const answer = answerSchema.safeParse(parsed(output));
  if (!answer.success) throw failed(program, question.server, 'its answer is none of a credential helper');
  const { Username: user, Secret: password } = answer.data;
  // By these helpers tell that it is no password.
  if (user === '<token>') throw failed(program, question.server, 'it has an identity token, which Cooper cannot use');
  if (user.includes(':')) throw failed(program, question.server, 'the name of its user has a colon');
  return user === '' && password === '' ? undefined : new Login(user, password, program);
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function outputOf(program: string, { server, env, signal }: HelperQuestion): Promise<Ended | NotStarted> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // Its own process group: what it starts itself has to end with it.
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], env, detached: true });
    // Killed first: one that finds nobody to talk to would end in a way of its own.
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
      child.stdout.destroy();
    };
    const stop = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    stop.addEventListener('abort', kill, { once: true });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > most) kill();
    });
    child.once('error', (cause) => {
      const why = whyNotStarted(cause);
      if (why === undefined) reject(failed(program, server, 'it cannot be started', cause));
      else resolve({ notStarted: `${program} ${why}` });
    });
    child.once('close', (status) => {
      stop.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason);
      else if (stop.aborted) reject(failed(program, server, 'it does not end'));
      else resolve({ status, output });
    });
    // One that ends without reading is judged by its status.
    child.stdin.on('error', () => undefined).end(server);
  });
}

/** Undefined for what says nothing about the program. */
function whyNotStarted(cause: unknown): string | undefined {
  if (isSystemError(cause, 'ENOENT')) return 'is not on the PATH';
  return isSystemError(cause, 'EACCES') ? 'may not be run' : undefined;
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error;
  }
}

function failed(program: string, server: string, why: string, cause?: unknown): CooperError {
  return new CooperError('registry-login', {
    what: `${program} gives no login for ${server}: ${why}`,
    next: `Try it by hand: \`echo ${server} | ${program} get\`; or log in without a helper, by \`skopeo login --authfile FILE\`, and build with REGISTRY_AUTH_FILE=FILE.`,
    cause,
  });
}
