// Judges control groups: whether there are any, whether this user may make some, and which controllers they would have. Pure.

import type { HostFacts } from '../facts.ts';
import { type Finding, fault, fine } from '../finding.ts';

type CgroupHost = Pick<HostFacts, 'user' | 'cgroups' | 'kernel'>;

/** Controllers that limits of containers and boxes need. */
const needed = ['memory', 'pids'] as const;

const names = { v1: 'version 1', hybrid: 'version 1, version 2 beside it', v2: 'version 2', none: 'none' } as const;

/** Of the first thing that is wrong. */
export function judgeCgroups(host: CgroupHost): Finding[] {
  const { user, cgroups } = host;
  const { layout, own } = cgroups;
  if (layout === 'none' || own === undefined) {
    const fix = 'As root: mount -t cgroup2 none /sys/fs/cgroup';
    return [fault('cgroups', 'cgroups-missing', 'no control groups are mounted for this process', fix)];
  }
  const seen = `control groups of ${names[layout]}`;
  if (own.writable) return [limits(host, `${seen}, ${own.folder} is ${user.name}'s to use`)];
  if (user.uid === 0) {
    const fix = 'Let this container have its control groups: lxc.mount.auto = cgroup:rw';
    return [fault('cgroups', 'cgroups-not-delegated', `${own.folder} is read-only`, fix)];
  }
  if (layout !== 'v2') {
    const fix = 'Boot with systemd.unified_cgroup_hierarchy=1 on the command line of the kernel';
    return [fault('cgroups', 'cgroups-old', seen, fix)];
  }
  return [...notDelegated(host, own.folder), ...missingControllers(cgroups.userManager, '')];
}

function notDelegated({ user, cgroups }: CgroupHost, folder: string): Finding[] {
  const fix =
    cgroups.userManager === undefined
      ? `As root: loginctl enable-linger ${user.name}`
      : 'systemd-run --user --scope -p Delegate=yes -- lxc-start -n NAME';
  return [fault('cgroups', 'cgroups-not-delegated', `${folder} is not ${user.name}'s to use`, fix)];
}

/** In a group of the own: its controllers, and the limits that a box could not have. */
function limits(host: CgroupHost, seen: string): Finding {
  const { cgroups, kernel } = host;
  const controllers = cgroups.layout === 'v2' ? cgroups.own?.controllers : undefined;
  const [missing] = missingControllers(controllers, `${seen}; `);
  if (missing !== undefined) return missing;
  const shortfalls = kernel.box.ok ? kernel.box.value : [];
  if (shortfalls.length === 0) return fine('cgroups', seen);
  const fix = `systemd-run ${host.user.uid === 0 ? '' : '--user '}--scope -p Delegate=yes -- cooper build IMAGE`;
  return fault('cgroups', 'limits-missing', `${seen}; ${shortfalls.join('; ')}`, fix);
}

function missingControllers(controllers: readonly string[] | undefined, seen: string): Finding[] {
  const missing = controllers === undefined ? [] : needed.filter((name) => !controllers.includes(name));
  if (missing.length === 0) return [];
  const dropIn = "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n'";
  const file = '/etc/systemd/system/user@.service.d/delegate.conf';
  const fix = `As root: mkdir -p ${file.slice(0, file.lastIndexOf('/'))} && ${dropIn} > ${file} && systemctl daemon-reload`;
  const text = `${seen}the controllers ${missing.join(' and ')} are not delegated`;
  return [fault('cgroups', 'controllers-not-delegated', text, fix)];
}
