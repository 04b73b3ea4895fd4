// The box of the native tests: the host's programs on an empty root, one shell script.

import type { BoxMount, BoxSpec } from '../../../native/index.ts';

const mounts: readonly BoxMount[] = [
  { kind: 'bind', source: '/usr', target: '/usr', readOnly: true },
  ...['bin', 'lib', 'lib64', 'sbin'].map(
    (name) => ({ kind: 'symlink', target: `/${name}`, to: `usr/${name}` }) as const,
  ),
  { kind: 'proc', target: '/proc' },
  { kind: 'dev', target: '/dev' },
  { kind: 'tmpfs', target: '/tmp', mode: 0o1777 },
];

/** `idMap` as the driver takes it: by default its own build map; 'host', 'container', or a map. */
export type DriverSpec = Omit<BoxSpec, 'idMap'> & { readonly idMap?: unknown };

/** `more` replaces members; its mounts come after the usual ones. */
export function boxOf(script: string, more: Partial<DriverSpec> = {}): DriverSpec {
  return {
    root: 'empty',
    network: 'none',
    hostname: 'inside',
    seccomp: 'guarded',
    noNewPrivileges: false,
    argv: ['bash', '-c', script],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    ...more,
    mounts: [...mounts, ...(more.mounts ?? [])],
  };
}
