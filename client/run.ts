// Runs one command in a container's root, without LXC: the native box with the container's ids, no network and no way back.
// Refuses containers whose root is not a plain folder.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CooperError, isSystemError } from '../errors/index.ts';
import { type BoxMount, type BoxSpec, type IdMap, spawnBox } from '../native/index.ts';
import { type HostUser, readExpandedConfig } from './container/host-config.ts';
import { type ConfigLine, idMapOf } from './container/lxc-config.ts';
import { containerName } from './container/name.ts';
import { containersFolder } from './container/target.ts';

/** Everything that `cooper run NAME -- CMD` needs to know. */
export interface RunRequest {
  readonly name: string;
  /** Program and arguments; the program is looked up along PATH inside. */
  readonly command: readonly string[];
  readonly path?: string | undefined;
  readonly homeContainers?: string | undefined;
  readonly user: HostUser;
  /** Value of TERM inside. */
  readonly term: string | undefined;
  /** Ends the run, unless standard input is a terminal. Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal;
  /** Ends the run also on a terminal. Aborted by SIGTERM alone: there Ctrl-C belongs to the program. */
  readonly terminated: AbortSignal;
}

/** Ids of a privileged container stay what they are; the namespace is there to take the host's capabilities away. */
const identity: IdMap = {
  uid: [{ inside: 0, outside: 0, count: 65536 }],
  gid: [{ inside: 0, outside: 0, count: 65536 }],
};

const mounts: readonly BoxMount[] = [
  { kind: 'proc', target: '/proc' },
  { kind: 'dev', target: '/dev' },
  { kind: 'sysfs', target: '/sys' },
  { kind: 'tmpfs', target: '/run', mode: 0o755 },
  { kind: 'tmpfs', target: '/tmp', mode: 0o1777 },
];

/**
 * Runs the command on the caller's terminal and returns its exit status: 127 when there is no such command, 128 + signal
 * when one killed it.
 * @throws CooperError `container-not-found`, `container-unsupported`, `container-name-invalid`, `bad-usage`; the reason of
 *   the signal that ended it
 */
export async function runInContainer(request: RunRequest): Promise<number> {
  const name = containerName(request.name);
  if (request.command.length === 0) {
    throw new CooperError('bad-usage', { what: 'no command to run', next: 'Give it after --: cooper run NAME -- CMD' });
  }
  const folder = path.join(await containersFolder(request, request.user), name);
  const { rootfs, idMap } = await openContainer(folder);
  const spec: BoxSpec = {
    idMap,
    root: rootfs,
    mounts,
    network: 'none',
    hostname: name,
    seccomp: 'guarded',
    noNewPrivileges: true,
    argv: request.command,
    env: environment(request.term),
    cwd: '/',
  };
  try {
    return await runOnTerminal(spec, request);
  } catch (error) {
    if (!(error instanceof CooperError && error.code === 'program-not-started')) throw error;
    // As a shell does it: the status tells, and a line for people.
    process.stderr.write(`cooper: ${error.message}\n`);
    return 127;
  }
}

/**
 * On a terminal Ctrl-C is a key like any other for the program inside (a shell lives on). Elsewhere the program is in a
 * session of its own, where no key reaches it, so Ctrl-C ends the run.
 */
async function runOnTerminal(spec: BoxSpec, { signal, terminated }: RunRequest): Promise<number> {
  const ends = process.stdin.isTTY === true ? terminated : AbortSignal.any([signal, terminated]);
  const box = spawnBox(spec, { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit', signal: ends });
  const end = () => box.kill();
  process.on('SIGHUP', end);
  try {
    return (await box.exit).status;
  } finally {
    process.off('SIGHUP', end);
  }
}

/** What the container's config says of its root and its ids. */
async function openContainer(folder: string): Promise<{ rootfs: string; idMap: IdMap }> {
  const file = path.join(folder, 'config');
  const lines = await readExpandedConfig(file);
  if (lines === undefined) throw notFound(folder);
  const rootfs = rootfsOf(lines, folder);
  await requireFolder(rootfs, folder);
  return { rootfs, idMap: idMapOf(lines, file) ?? identity };
}

function rootfsOf(lines: readonly ConfigLine[], folder: string): string {
  const value = lines.findLast(({ key }) => key === 'lxc.rootfs.path' || key === 'lxc.rootfs')?.value;
  if (value === undefined || value === '') return path.join(folder, 'rootfs');
  const plain = value.replace(/^dir:/, '');
  if (plain.startsWith('/')) return plain;
  throw new CooperError('container-unsupported', { what: `the root of ${folder} is ${value}` });
}

async function requireFolder(rootfs: string, folder: string): Promise<void> {
  try {
    if ((await stat(rootfs)).isDirectory()) return;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  throw new CooperError('container-not-found', { what: `${folder} has no root filesystem at ${rootfs}` });
}

function notFound(folder: string): CooperError {
  return new CooperError('container-not-found', { what: `there is no container ${folder}` });
}

function environment(term: string | undefined): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    USER: 'root',
    LANG: 'C.UTF-8',
    container: 'lxc',
    ...(term === undefined || term === '' ? {} : { TERM: term }),
  };
}
