// Who runs the native tests: real root and, as root, a throw-away ordinary user made here; else whoever runs them.
// Each works on a copy of what is compiled, because an ordinary user may not be able to read the checkout.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe } from 'vitest';
import { packageRoot } from '../../../native/package-root.ts';
import { describeAsRoot } from '../../setup/as-root.ts';

export interface DriverError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly next?: string;
  readonly lines?: readonly string[];
}

export type Answer<T> =
  | { readonly value: T; readonly error?: never }
  | { readonly error: DriverError; readonly value?: never };

export interface Started {
  readonly child: ChildProcess;
  /** What the driver says at its end. */
  readonly answer: Promise<string>;
}

export interface Identity {
  readonly uid: number;
  /** A folder of its own, 0700. */
  readonly home: string;
  /** Starts the driver, through a program that changes its surroundings first if one is given. */
  start(request: object, wrap?: readonly string[]): Started;
  /** Starts the driver on a terminal of its own (script(1)): its standard input and output. */
  startOnTerminal(request: object): Started;
  /** The driver's value; throws when it answers with an error. */
  ask<T>(request: object): Promise<T>;
  /** The driver's error; throws when there is none. */
  fail(request: object): Promise<DriverError>;
  remove(): void;
}

export type IdentityName = 'real root' | 'an ordinary user';

export const identityNames: readonly IdentityName[] =
  process.getuid?.() === 0 ? ['real root', 'an ordinary user'] : ['an ordinary user'];

/** Declares the tests for each of them; those of real root are skipped, with the reason, when nobody here is. */
export function describeIdentities(title: string, tests: (name: IdentityName) => void): void {
  describeAsRoot(title.replace('%s', 'real root'), () => tests('real root'));
  describe(title.replace('%s', 'an ordinary user'), () => tests('an ordinary user'));
}

/** Above the fds that node itself opens at its start. */
const answerFd = 9;

function copyCompiled(): string {
  const copy = mkdtempSync(join(tmpdir(), 'cooper-native-'));
  chmodSync(copy, 0o755);
  for (const part of ['package.json', 'dist/native', 'dist/errors', 'native/bin']) {
    cpSync(join(packageRoot, part), join(copy, part), { recursive: true });
  }
  cpSync(join(packageRoot, 'test/conformance/native'), join(copy, 'dist/program/native-test'), { recursive: true });
  return copy;
}

/** What the driver is started with: a worker gets none of it but the choice of an xz engine. */
function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, COOPER_LEAK: 'yes', COOPER_XZ_ENGINE: 'lzma-native' };
}

interface User {
  readonly uid: number;
  readonly gid: number;
  readonly command: readonly string[];
  remove(): void;
}

/** useradd gives the user subordinate ids of its own (login.defs(5), SUB_UID_COUNT). */
function makeUser(): User {
  const name = `coopernat${randomBytes(3).toString('hex')}`;
  execFileSync('useradd', ['--no-create-home', '--shell', '/bin/false', '-K', 'SUB_UID_COUNT=65536', name]);
  const [, , uid, gid] = execFileSync('getent', ['passwd', name]).toString().split(':');
  return {
    uid: Number(uid),
    gid: Number(gid),
    command: ['setpriv', '--reuid', name, '--regid', String(gid), '--init-groups', '--'],
    remove: () => execFileSync('userdel', [name]),
  };
}

function currentUser(): User {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, command: [], remove: () => undefined };
}

export function makeIdentity(name: IdentityName): Identity {
  const copy = copyCompiled();
  const user = name === 'an ordinary user' && process.getuid?.() === 0 ? makeUser() : currentUser();
  const home = join(copy, 'home');
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, user.uid, user.gid);
  const driver = [...user.command, process.execPath, join(copy, 'dist/program/native-test/driver.js')];
  const launch = ([program = '', ...rest]: readonly string[]): Started => {
    const stdio = [...Array(answerFd).fill('ignore'), 'pipe'];
    stdio[0] = 'pipe';
    stdio[1] = 'pipe';
    stdio[2] = 'inherit';
    const child = spawn(program, rest, { stdio, env: environment(home) });
    return { child, answer: readAll(child) };
  };
  const start = (request: object, wrap: readonly string[] = []) => {
    const started = launch([...wrap, ...driver]);
    started.child.stdin?.end(JSON.stringify(request));
    return started;
  };
  const answer = async <T>(request: object): Promise<Answer<T>> => JSON.parse(await start(request).answer);
  return {
    uid: user.uid,
    home,
    start,
    startOnTerminal: (request) => {
      const path = join(copy, 'request');
      writeFileSync(path, JSON.stringify(request));
      return launch(['script', '--quiet', '--return', '--command', ['exec', ...driver, path].join(' '), '/dev/null']);
    },
    ask: async <T>(request: object) => {
      const { value, error } = await answer<T>(request);
      if (error !== undefined) throw new Error(`${error.code}: ${error.message}\n${error.lines?.join('\n')}`);
      return value;
    },
    fail: async (request) => {
      const { value, error } = await answer(request);
      if (error === undefined) throw new Error(`no error, but ${JSON.stringify(value)}`);
      return error;
    },
    remove: () => {
      rmSync(copy, { recursive: true, force: true });
      user.remove();
    },
  };
}

async function readAll(child: ChildProcess): Promise<string> {
  const stream = child.stdio.slice(answerFd)[0] as unknown as Readable;
  const chunks: Buffer[] = await stream.toArray();
  return Buffer.concat(chunks).toString();
}

/** Pids of live processes that have `text` in their command line. */
export function processesWith(text: string): string[] {
  const listed = execFileSync('ps', ['-e', '-o', 'pid=', '-o', 'args=', '-ww']).toString().split('\n');
  return listed.filter((line) => line.includes(text) && !line.includes('driver.js'));
}
