// How the programs of a build are confined: the names, the defaults and what a resolved image says of it. Pure.

/** The kernel's capabilities by number (capabilities(7)). */
export const capabilityNames = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const;

/** A capability by its name in lower case, without CAP_. */
export type Capability = (typeof capabilityNames)[number];

/** Namespaces that a box can share with whoever starts it. */
export const sharedNamespaceNames = ['cgroup', 'ipc', 'uts'] as const;

/** Everything that a definition may leave out. */
export const isolationDefaults = Object.freeze({
  /** What maintainer scripts and package managers need as root of their own tree. */
  capabilities: Object.freeze([
    'chown',
    'dac_override',
    'fowner',
    'fsetid',
    'kill',
    'setgid',
    'setuid',
    'setpcap',
    'net_bind_service',
    'sys_chroot',
    'mknod',
    'audit_write',
    'setfcap',
  ] as const satisfies readonly Capability[]),
  memory: 4 * 2 ** 30,
  pids: 4096,
  seconds: 3600,
  fetchLimit: 2 * 2 ** 30,
});

/** What scripts may fetch: nothing, or what lies below these addresses. */
export type NetworkPolicy =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'proxy';
      readonly upstreams: readonly { readonly name: string; readonly url: string }[];
      /** Bytes of all that one build fetches. */
      readonly limit: number;
    };

/** How programs are confined; every value is there. */
export interface Isolation {
  readonly shareNamespaces: readonly (typeof sharedNamespaceNames)[number][];
  readonly capabilities: readonly Capability[];
  readonly seccomp: 'guarded' | 'off';
  /** Bytes. */
  readonly memory: number;
  readonly pids: number;
  readonly seconds: number;
  readonly binds: readonly { readonly source: string; readonly target: string }[];
}
