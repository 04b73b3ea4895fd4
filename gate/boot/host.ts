// What this machine can boot: which of LXC's two kinds of container, and why not the others. Looks, and starts one
// process of the host in a container; changes nothing.

import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isSystemError } from '../../errors/index.ts';
import type { IdMap } from '../../native/index.ts';
import { neededHierarchies, ownGroup } from './control-groups.ts';
import { idMapLines, type Lxc, openLxc } from './lxc.ts';

/** `privileged`: container root is real root. `unprivileged`: it has an id map. */
export type BootMode = 'privileged' | 'unprivileged';

/** A way to start containers that works here. */
export interface BootHost {
  readonly mode: BootMode;
  readonly lxc: Lxc;
}

/** Ways that work, and why the others do not. */
export interface BootHosts {
  readonly works: readonly BootHost[];
  readonly missing: readonly { readonly mode: BootMode; readonly reason: string }[];
}

/** What a container is started with. */
export interface BootSetting {
  /** Folder in which the containers' folders are made; exists. */
  readonly scratch: string;
  /** Of the unprivileged container; undefined when nothing was unpacked for it. */
  readonly idMap: IdMap | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Asks the machine. */
export async function bootHosts(setting: BootSetting): Promise<BootHosts> {
  const works: BootHost[] = [];
  const missing: { mode: BootMode; reason: string }[] = [];
  for (const mode of ['privileged', 'unprivileged'] as const) {
    const lxc = openLxc(setting, mode);
    const reason = obstacle(setting, mode) ?? (await probe(setting, mode, lxc));
    if (reason === undefined) works.push({ mode, lxc });
    else missing.push({ mode, reason });
  }
  return { works, missing };
}

function obstacle(setting: BootSetting, mode: BootMode): string | undefined {
  const folders = (setting.env.PATH ?? '').split(delimiter);
  if (!folders.some((folder) => existsSync(join(folder, 'lxc-start')))) return 'LXC is not on this machine';
  if (neededHierarchies(textOf('/proc/self/mountinfo')).length === 0) return 'no control groups are mounted';
  if (mode === 'privileged') return isRealRoot() ? undefined : 'it needs root';
  if (setting.idMap === undefined) return 'nothing was unpacked for it';
  return closedFolder(setting.scratch) ?? (process.geteuid?.() === 0 ? undefined : undelegated());
}

/** Root of a user namespace is not enough: it makes no device nodes. */
function isRealRoot(): boolean {
  return process.geteuid?.() === 0 && /^\s*0\s+0\s+4294967295\s*$/.test(textOf('/proc/self/uid_map'));
}

function closedFolder(path: string): string | undefined {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return `the container's root cannot enter ${folder} (chmod o+x)`;
  }
  return undefined;
}

/** LXC makes the container's groups below those of its caller. */
function undelegated(): string | undefined {
  const self = textOf('/proc/self/cgroup');
  const groups = neededHierarchies(textOf('/proc/self/mountinfo')).map((hierarchy) => ownGroup(hierarchy, self));
  const closed = groups.find((group) => group === undefined || !isWritable(group));
  return closed === undefined && groups.length > 0 ? undefined : 'its control group may not be divided by this user';
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EROFS', 'ENOENT'].some((code) => isSystemError(error, code))) return false;
    throw error;
  }
}

/** A program of the host in a container of this kind, among the host's own programs: what fails then is not the image. */
async function probe(setting: BootSetting, mode: BootMode, lxc: Lxc): Promise<string | undefined> {
  const rootfs = join(lxc.folder, 'probe');
  mkdirSync(rootfs, { recursive: true, mode: 0o755 });
  const idMap = mode === 'privileged' ? undefined : setting.idMap;
  const lines = ['lxc.net.0.type = empty', 'lxc.console.path = none', `lxc.rootfs.path = dir:${rootfs}`];
  const map = idMap === undefined ? '' : idMapLines(idMap);
  lxc.configure(`${map}${[...lines, ...hostPrograms(rootfs)].join('\n')}\n`);
  const { status, output } = await lxc.run('lxc-execute', ['--', '/bin/true'], 30);
  if (status === 0) return undefined;
  const [first = `status ${status}`] = output.split('\n').filter((line) => line.includes('lxc-execute'));
  return `LXC cannot start anything here: ${first}`;
}

/** Makes the root of the probe; gives the mounts that fill it. Folders are bound, links (merged /usr) made again. */
function hostPrograms(rootfs: string): string[] {
  for (const name of ['dev', 'proc', 'sys', 'etc']) mkdirSync(join(rootfs, name));
  return readdirSync('/')
    .filter((name) => /^(?:usr|bin|sbin|lib\w*)$/.test(name))
    .flatMap((name) => {
      if (lstatSync(`/${name}`).isSymbolicLink()) {
        symlinkSync(readlinkSync(`/${name}`), join(rootfs, name));
        return [];
      }
      mkdirSync(join(rootfs, name));
      return [`lxc.mount.entry = /${name} ${name} none rbind 0 0`];
    });
}

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
