// The box in which programs of a container's root run: its mounts, its ids, its environment. What is not asked for is the
// strictest there is: no network, the usual capabilities, no privileges to be gained. Pure.

import type { BoxMount, BoxSpec, IdMap } from '../../native/index.ts';

/** A root filesystem with the ids that its files have. */
export interface ContainerRoot {
  /** The host name inside. */
  readonly name: string;
  /** Absolute path of the root filesystem. */
  readonly rootfs: string;
  /** `host`: a privileged container, whose ids are those of the host. */
  readonly idMap: IdMap | 'host';
}

/** What runs in the box. */
export interface ContainerProgram {
  /** The program is looked up along PATH inside. */
  readonly argv: readonly string[];
  /** Beside what every program gets, or in its place. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path inside (default: `/`). */
  readonly cwd?: string;
}

/** What the box is allowed of the host, or denied beyond the usual. */
export interface ContainerIsolation {
  /** Default: `none`. On the network of the host there is no /sys: the kernel shows it to whoever owns the network. */
  readonly network?: BoxSpec['network'];
  /** Mounted after what every box has, in this order. */
  readonly binds?: readonly BoxMount[];
  readonly limits?: NonNullable<BoxSpec['limits']>;
}

/** Ids of a privileged container stay what they are; the namespace is there to take the host's capabilities away. */
const identity: IdMap = {
  uid: [{ inside: 0, outside: 0, count: 65536 }],
  gid: [{ inside: 0, outside: 0, count: 65536 }],
};

/** The ids of a root as its programs have them. */
export function boxIdMap({ idMap }: Pick<ContainerRoot, 'idMap'>): IdMap {
  return idMap === 'host' ? identity : idMap;
}

/** What every program of a container has in its environment; nothing of the caller's gets in. */
export const containerEnvironment = Object.freeze({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
  container: 'lxc',
});

/** The box of one program. Whoever needs set-id programs inside (package managers) sets `noNewPrivileges: false` in it. */
export function containerBox(
  root: ContainerRoot,
  program: ContainerProgram,
  isolation: ContainerIsolation = {},
): BoxSpec {
  const { network = 'none', binds = [], limits } = isolation;
  return {
    idMap: boxIdMap(root),
    root: root.rootfs,
    mounts: [...standardMounts(network), ...binds],
    network,
    hostname: root.name,
    seccomp: 'guarded',
    noNewPrivileges: true,
    argv: program.argv,
    env: { ...containerEnvironment, ...program.env },
    cwd: program.cwd ?? '/',
    ...(limits === undefined ? {} : { limits }),
  };
}

function standardMounts(network: BoxSpec['network']): BoxMount[] {
  return [
    { kind: 'proc', target: '/proc' },
    { kind: 'dev', target: '/dev' },
    ...(network === 'none' ? [{ kind: 'sysfs', target: '/sys' } as const] : []),
    { kind: 'tmpfs', target: '/run', mode: 0o755 },
    { kind: 'tmpfs', target: '/tmp', mode: 0o1777 },
  ];
}
