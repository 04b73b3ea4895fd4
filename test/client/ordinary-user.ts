// A throw-away user, and the built program run as that user: in a mount namespace where the checkout lies at a place that
// everybody can enter. Needs root.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../native/package-root.ts';
import { execute, type Outcome } from '../e2e/cooper.ts';

/** The user. */
export interface OrdinaryUser {
  readonly uid: number;
  readonly gid: number;
  /** Home folder, 0711. */
  readonly home: string;
  /** First subordinate uid and gid. */
  readonly subuid: number;
  readonly subgid: number;
  /** Writes a file below the home folder. */
  write(path: string, text: string): void;
  /** Runs `cooper WORDS`. */
  cooper(words: readonly string[], input?: string): Promise<Outcome>;
  /** Runs any program. */
  run(words: readonly string[]): Promise<Outcome>;
  remove(): void;
}

/** Makes the user with 65536 subordinate ids of each kind. */
export function makeOrdinaryUser(): OrdinaryUser {
  const name = `cooper${randomBytes(3).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'cooper-user-'));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  const place = join(folder, 'checkout');
  mkdirSync(place);
  execFileSync('useradd', [
    '--no-create-home',
    '--home-dir',
    home,
    '--shell',
    '/bin/sh',
    '-K',
    'SUB_UID_COUNT=65536',
    name,
  ]);
  const number = (database: string, field: number) =>
    Number(execFileSync('getent', [database, name], { encoding: 'utf8' }).split(':')[field]);
  const [uid, gid] = [number('passwd', 2), number('passwd', 3)];
  mkdirSync(home);
  chmodSync(home, 0o711);
  chownSync(home, uid, gid);
  const become = ['setpriv', '--reuid', name, '--regid', String(gid), '--init-groups', '--'];
  const script = 'mount --bind "$0" "$1" && shift && exec "$@"';
  const env = { PATH: process.env.PATH, HOME: home, USER: name, LANG: 'C.UTF-8' };
  const run = (words: readonly string[], input = '') =>
    execute('unshare', ['--mount', 'sh', '-c', script, packageRoot, place, ...become, ...words], {
      env,
      cwd: '/',
      input,
    });
  return {
    uid,
    gid,
    home,
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
    cooper: (words, input) => run([join(place, 'bin/cooper'), ...words], input),
    remove: () => {
      execFileSync('userdel', [name]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function subordinate(file: string, name: string): number {
  const line = execFileSync('grep', [`^${name}:`, file], { encoding: 'utf8' });
  return Number(line.split(':')[1]);
}
