// Who makes the containers: root, and an ordinary user with subordinate ids of its own, made for the benchmark and removed after it.

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSubid } from '../../native/index.ts';

/** Runs commands with an environment of its own. */
export interface Caller {
  readonly name: 'root' | 'user';
  /** The command as this caller runs it. */
  readonly line: (argv: readonly string[], variables?: Readonly<Record<string, string>>) => readonly string[];
  /** Further words of `lxc-create`. */
  readonly createWords: readonly string[];
  /** Gives a path to the caller. */
  readonly own: (path: string) => void;
  readonly leave: () => void;
}

const account = 'cooper-bench';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function inEnvironment(variables: Readonly<Record<string, string>>): readonly string[] {
  return [
    '/usr/bin/env',
    '-i',
    ...Object.entries({ PATH: path, ...variables }).map(([name, value]) => `${name}=${value}`),
  ];
}

/** Privileged containers; `home` is made. */
export function rootCaller(home: string): Caller {
  mkdirSync(home, { recursive: true });
  const configuration = join(home, 'default.conf');
  writeFileSync(configuration, 'lxc.net.0.type = empty\n');
  return {
    name: 'root',
    line: (argv, variables = {}) => [...inEnvironment({ HOME: home, ...variables }), ...argv],
    createWords: ['-f', configuration],
    own: () => undefined,
    leave: () => undefined,
  };
}

/** Unprivileged containers. An account that an interrupted run has left is taken over. */
export function userCaller(): Caller {
  const home = `/home/${account}`;
  if (!accountExists()) execFileSync('useradd', ['--create-home', '--home-dir', home, account]);
  // Mapped ids have to reach what lies below.
  chmodSync(home, 0o711);
  const { uid, gid } = statSync(home);
  const own = (owned: string) => chownSync(owned, uid, gid);
  const file = join(home, '.config/lxc/default.conf');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${idMapLine('u', '/etc/subuid', uid)}${idMapLine('g', '/etc/subgid', uid)}lxc.net.0.type = empty\n`,
  );
  for (const each of [join(home, '.config'), dirname(file), file]) own(each);
  const become = ['setpriv', '--reuid', account, '--regid', account, '--init-groups'];
  return {
    name: 'user',
    line: (argv, variables = {}) => [...become, ...inEnvironment({ HOME: home, USER: account, ...variables }), ...argv],
    createWords: [],
    own,
    leave: () => void execFileSync('userdel', ['--remove', account], { stdio: 'ignore' }),
  };
}

function accountExists(): boolean {
  try {
    execFileSync('getent', ['passwd', account], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Throws an Error where useradd gives no ranges. */
function idMapLine(kind: 'u' | 'g', file: string, uid: number): string {
  const [range] = parseSubid(readFileSync(file, 'utf8'), { name: account, uid });
  if (range === undefined) throw new Error(`${file} has no range of ${account}: see SUB_UID_COUNT in /etc/login.defs`);
  return `lxc.idmap = ${kind} 0 ${range.start} ${Math.min(range.count, 65_536)}\n`;
}
