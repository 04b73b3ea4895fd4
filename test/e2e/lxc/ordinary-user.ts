// An ordinary user made for the tests: account, subordinate ids, LXC configuration and control groups, and the way back.

import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Actor } from './actor.ts';
import { finish, succeed } from './command.ts';
import { delegate, withdraw } from './delegation.ts';
import { eventually } from './eventually.ts';
import { actorPath, settings } from './root.ts';
import { firstFree, readRanges } from './subordinate-ids.ts';

/** Name of the account, and of the control groups. */
export const account = 'cooper-e2e';
const home = `/home/${account}`;
const needed = 65_536;

/** The user, ready to run unprivileged containers. One left over from an interrupted run is taken over. */
export async function ordinaryUser(): Promise<Actor> {
  if ((await finish(['getent', 'passwd', account], 10)).status !== 0) {
    await succeed(['useradd', '--create-home', '--home-dir', home, '--shell', '/bin/bash', account], 30);
  }
  // Mapped ids of the container have to reach the root filesystem below the home folder.
  chmodSync(home, 0o711);
  const { uid, gid } = statSync(home);
  const own = (path: string) => chownSync(path, uid, gid);
  const groups = delegate(account, uid, gid);
  writeOwned(join(home, '.config/lxc/default.conf'), await configuration(), own);
  return {
    title: 'ordinary user, unprivileged',
    mode: 'user',
    home,
    lxcPath: join(home, '.local/share/lxc'),
    createWords: [],
    line: (argv, env = {}) => [...enter(groups), ...settings({ PATH: actorPath, ...env }), ...argv],
    own,
    leave: async () => {
      // The monitor of a container ends a moment after the container.
      const gone = async () => withdraw(groups);
      await eventually('the control groups are free', 20, gone, () => true);
      await succeed(['userdel', '--remove', account], 30);
    },
  };
}

/** Joins the groups as root, then becomes the user with the user's own environment. */
function enter(groups: readonly string[]): string[] {
  const joinGroups = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"';
  const become = ['setpriv', '--reuid', account, '--regid', account, '--init-groups', '--reset-env'];
  return ['/bin/sh', '-ec', joinGroups, 'sh', ...groups, '--', ...become, '/usr/bin/env', '--chdir', home];
}

async function configuration(): Promise<string> {
  const uid = await subordinateStart('/etc/subuid', '--add-subuids');
  const gid = await subordinateStart('/etc/subgid', '--add-subgids');
  return `lxc.idmap = u 0 ${uid} ${needed}\nlxc.idmap = g 0 ${gid} ${needed}\nlxc.net.0.type = empty\n`;
}

/** First id of the user's range in `file`; the range is made when useradd has made none. */
async function subordinateStart(file: string, option: string): Promise<number> {
  const ranges = readRanges(readFileSync(file, 'utf8'));
  const mine = ranges.find((range) => range.account === account && range.count >= needed);
  if (mine !== undefined) return mine.start;
  const start = firstFree(ranges);
  await succeed(['usermod', option, `${start}-${start + needed - 1}`, account], 30);
  return start;
}

function writeOwned(file: string, text: string, own: (path: string) => void): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  writeFileSync(file, text);
  for (const path of [dirname(folder), folder, file]) own(path);
}
