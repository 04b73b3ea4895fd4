// Hosts as `cooper doctor` has seen or would see them: one in order, and what is different on others.

import type { Failure, HostFacts, Tried } from '../../../cli/doctor/facts.ts';
import { judgeHost } from '../../../cli/doctor/judge/judge.ts';
import type { ErrorCode } from '../../../errors/index.ts';

const range = [{ inside: 0, outside: 100_000, count: 65_536 }];

/** A failure of that code. */
export function failed(code: ErrorCode, message: string, next = 'do something'): { ok: false; failure: Failure } {
  return { ok: false, failure: { code, message, next, lines: [] } };
}

/** A success. */
export function went<T>(value: T): Tried<T> {
  return { ok: true, value };
}

const disk = { target: '/', type: 'ext4', flags: ['rw', 'relatime'] };
const helper = (name: string) => ({
  name,
  file: { path: `/usr/bin/${name}`, uid: 0, mode: 0o4755, capable: false, nosuid: false },
});

/** Debian 12, logged in by systemd, user anna, everything installed. */
export const debian: HostFacts = {
  user: { uid: 1000, name: 'anna' },
  kernel: {
    release: '6.1.0-18-amd64',
    sysctls: { 'user.max_user_namespaces': 31_413, 'kernel.unprivileged_userns_clone': 1 },
    noNewPrivileges: false,
    box: went([]),
    overlay: went(undefined),
  },
  mapPrograms: [helper('newuidmap'), helper('newgidmap')],
  cgroups: {
    layout: 'v2',
    own: {
      folder: '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope',
      writable: true,
      controllers: ['cpu', 'memory', 'pids'],
    },
    userManager: ['cpu', 'memory', 'pids'],
  },
  containers: {
    path: '/home/anna/.local/share/lxc',
    existing: '/home/anna/.local/share',
    writable: true,
    mount: disk,
    free: 70_000_000_000,
    freeInodes: 4_000_000,
  },
  home: {
    path: '/home/anna/.local/share/cooper',
    existing: '/home/anna/.local/share/cooper',
    writable: true,
    mount: disk,
    free: 70_000_000_000,
    freeInodes: 4_000_000,
    format: went(undefined),
  },
  memory: 8_000_000_000,
  plan: went({
    idMap: { uid: range, gid: range },
    obstacles: [],
    defaults: { file: '/home/anna/.config/lxc/default.conf', exists: true, networks: ['veth'] },
  }),
  lxc: { version: '5.0.2', bridge: true },
  clock: { now: new Date('2026-11-28T12:00:00Z'), synchronized: true },
  remotes: went([
    { name: 'up', isDefault: true, servers: [{ url: 'https://images.example/', answer: went<number | undefined>(2) }] },
  ]),
  engines: {
    xz: went('liblzma 5.4.1'),
    zstd: true,
    box: { path: '/x/native/bin/box', exists: true },
    sys: went(undefined),
  },
};

/** The same for its root. */
export const debianRoot: HostFacts = {
  ...debian,
  user: { uid: 0, name: 'root' },
  cgroups: {
    ...debian.cgroups,
    own: { folder: '/sys/fs/cgroup', writable: true, controllers: ['cpu', 'memory', 'pids'] },
  },
  plan: went({
    idMap: 'host',
    obstacles: [],
    defaults: { file: '/etc/lxc/default.conf', exists: true, networks: ['veth'] },
  }),
};

/** Faults of a host: `[check, code or null for none, level]`. */
export function faultsOf(host: HostFacts): [string, string, string][] {
  return judgeHost(host).flatMap((finding): [string, string, string][] =>
    finding.level === 'ok' ? [] : [[finding.check, finding.code, finding.level]],
  );
}

/** What to do about the fault of that code. */
export function fixOf(host: HostFacts, code: string): string {
  const found = judgeHost(host).find((finding) => finding.level !== 'ok' && finding.code === code);
  if (found === undefined || found.level === 'ok') throw new Error(`no finding ${code}`);
  return found.fix;
}
