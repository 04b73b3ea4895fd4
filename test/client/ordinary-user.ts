// A throw-away user, and the built program run as that user: in a mount namespace where the checkout lies at a place that
// everybody can enter. Needs root.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../native/package-root.ts';
import { execute, type Outcome } from '../e2e/cooper.ts';

/** The user. */
export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Home folder, 0711. */
  readonly home: string;
  /** Where the user sees the checkout. */
  readonly checkout: string;
  /** First subordinate uid and gid; NaN for a user without. */
  readonly subuid: number;
  readonly subgid: number;
  /** Writes a file below the home folder. */
  write(path: string, text: string): void;
  /** Runs `cooper WORDS`. */
  cooper(words: readonly string[], choice?: UserRun): Promise<Outcome>;
  /** Runs any program. */
  run(words: readonly string[], choice?: UserRun): Promise<Outcome>;
  remove(): void;
}

/** What is different for one run. */
export interface UserRun {
  readonly input?: string;
  readonly seconds?: number;
  /** A shell script that root runs in the user's mount namespace before; `$1` is where the checkout will be. */
  readonly before?: string;
  /** Lies in the place of the checkout. */
  readonly checkout?: string;
}

/** Number of ids of an ordinary user. */
const range = 65_536;

/** Makes the user with `subordinates` ids of each kind. */
export function makeOrdinaryUser(subordinates = range): OrdinaryUser {
  const name = `cooper${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'cooper-user-'));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  const place = join(folder, 'checkout');
  mkdirSync(place);
  const ids = ['-K', `SUB_UID_COUNT=${subordinates}`, '-K', `SUB_GID_COUNT=${subordinates}`];
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', ...ids, name]);
  const number = (database: string, field: number) =>
    Number(execFileSync('getent', [database, name], { encoding: 'utf8' }).split(':')[field]);
  const [uid, gid] = [number('passwd', 2), number('passwd', 3)];
  mkdirSync(home);
  chmodSync(home, 0o711);
  chownSync(home, uid, gid);
  const become = ['setpriv', '--reuid', name, '--regid', String(gid), '--init-groups', '--'];
  const script = 'mount --rbind "$0" "$1" && shift && exec "$@"';
  const env = { PATH: process.env.PATH, HOME: home, USER: name, LANG: 'C.UTF-8' };
  const run = (words: readonly string[], { before = ':', checkout = packageRoot, ...more }: UserRun = {}) =>
    execute('unshare', ['--mount', 'sh', '-ec', `${before}\n${script}`, checkout, place, ...become, ...words], {
      env,
      cwd: '/',
      ...more,
    });
  return {
    name,
    uid,
    gid,
    home,
    checkout: place,
    subuid: subordinate('/etc/subuid', name),
    subgid: subordinate('/etc/subgid', name),
    write: (path, text) => {
      const file = join(home, path);
      const parents = path.split('/').slice(0, -1);
      for (let depth = 1; depth <= parents.length; depth += 1) {
        const parent = join(home, ...parents.slice(0, depth));
        mkdirSync(parent, { recursive: true });
        chownSync(parent, uid, gid);
      }
      writeFileSync(file, text);
      chownSync(file, uid, gid);
    },
    run,
    cooper: (words, choice) => run([join(place, 'bin/cooper'), ...words], choice),
    remove: () => {
      execFileSync('userdel', [name]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function subordinate(file: string, name: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  return Number(line?.split(':')[1]);
}
