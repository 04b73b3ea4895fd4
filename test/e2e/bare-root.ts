// A root filesystem that Cooper has made, entered as a machine of its own: nothing of the host in sight but the kernel and the
// network. No chroot alone: within one the kernel makes no user namespaces. Needs root.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute, type Outcome } from './cooper.ts';

/** A root to run programs in. */
export interface BareRoot {
  readonly folder: string;
  /** Runs a shell script, as root or as a user, who is made with subordinate ids when not there. Further words are `$1`, `$2`… */
  run(script: string, words?: readonly string[], user?: string): Promise<Outcome>;
}

// What every machine has; then the root takes the place of the host's.
const enter = `
  cd "$0"
  mount --bind . . && cd "$0"
  mount -t proc proc proc && mount --rbind /sys sys && mount --rbind /dev dev && mount -t tmpfs -o mode=1777 tmpfs tmp
  pivot_root . mnt
  exec chroot . sh -ec 'umount -l /mnt && exec "$@"' sh "$@"`;

const become = `
  id "$0" >/dev/null 2>&1 || useradd --create-home "$0"
  exec setpriv --reuid "$0" --regid "$0" --init-groups -- "$@"`;

const surroundings = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/** Puts this machine's node and npm into a root filesystem, and a folder into its /srv. */
export function furnishRoot(folder: string, srv: Record<string, string>): BareRoot {
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));
  const local = join(folder, 'usr/local');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  mkdirSync(join(local, 'bin'), { recursive: true });
  cpSync(process.execPath, join(local, 'bin/node'));
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  for (const [name, source] of Object.entries(srv)) {
    cpSync(source, join(folder, 'srv', name), { recursive: true, verbatimSymlinks: true });
  }
  return {
    folder,
    run: (script, words = [], user) => {
      const env = { ...surroundings, HOME: user === undefined ? '/root' : `/home/${user}` };
      const shell = ['sh', '-euc', script, 'sh', ...words];
      const command = user === undefined ? shell : ['sh', '-euc', become, user, ...shell];
      return execute('unshare', ['--mount', '--uts', '--ipc', 'sh', '-ec', enter, folder, ...command], {
        env,
        cwd: '/',
      });
    },
  };
}
