// A small but real root filesystem: a shell and a few programs of the host with their libraries, and one of each kind of file.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { mkfifo } from '../../native/sys.ts';

/** Time of everything in the tree: seconds since 1970. */
export const epoch = 1_700_000_000;

/** Programs in the tree's /usr/bin. */
const programs = ['sh', 'cat', 'id', 'ls', 'stat', 'sleep', 'touch', 'hostname'];

/** Files that are not owned by root, by path: owner and group. */
export const owners: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['home/user', [1000, 1000]],
  ['home/user/notes', [1000, 1000]],
  ['home/user/same notes ü', [1000, 1000]],
  ['var/mail', [0, 8]],
]);

/** Fills the new folder `root`; ids are written as they are in the image, plus `shift`. */
export function makeTree(root: string, shift: number): void {
  for (const folder of ['dev', 'etc', 'home/user', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'var/mail']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const name of ['bin', 'sbin']) symlinkSync('usr/bin', join(root, name));
  for (const name of programs) copyProgram(root, name);
  writeFileSync(join(root, 'etc/hostname'), 'LXC_NAME\n');
  writeFileSync(join(root, 'etc/origin'), 'LXC_PATH LXC_ROOTFS LXC_HOOK_DIR\n');
  writeFileSync(join(root, 'etc/os-release'), 'PRETTY_NAME="Small One"\n');
  writeFileSync(join(root, 'home/user/notes'), 'hello\n');
  linkSync(join(root, 'home/user/notes'), join(root, 'home/user/same notes ü'));
  symlinkSync('/etc/shadow', join(root, 'etc/outward'));
  mkfifo(join(root, 'run/pipe'), 0o640);
  settle(root, root, shift);
  chmodSync(join(root, 'usr/bin/id'), 0o4755);
  chmodSync(join(root, 'tmp'), 0o1777);
  chmodSync(join(root, 'var/mail'), 0o2775);
  chmodSync(join(root, 'root'), 0o500);
}

function settle(root: string, path: string, shift: number): void {
  const status = lstatSync(path);
  if (status.isDirectory()) for (const name of readdirSync(path)) settle(root, join(path, name), shift);
  const [uid, gid] = owners.get(path.slice(root.length + 1)) ?? [0, 0];
  lchownSync(path, uid + shift, gid + shift);
  lutimesSync(path, epoch, epoch);
}

function copyProgram(root: string, name: string): void {
  const program = realpathSync(execFileSync('which', [name], { encoding: 'utf8' }).trim());
  copyFileSync(program, join(root, 'usr/bin', name));
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
}
