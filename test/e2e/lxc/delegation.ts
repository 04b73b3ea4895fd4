// Control groups that an ordinary user may divide, as a login manager would hand them out: an unprivileged container
// needs them for systemd (the name=systemd hierarchy or cgroup2) and for lxc-freeze (the freezer).

import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { neededHierarchies } from '../../../gate/boot/control-groups.ts';

/** Of each control group that was handed over, the file that takes processes. */
export type Delegation = readonly string[];

/** Makes the groups called `name` and gives them to the user. Those left over from before are taken as they are. */
export function delegate(name: string, uid: number, gid: number): Delegation {
  const needed = neededHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  return needed.map(({ mountPoint }) => {
    const group = join(mountPoint, name);
    mkdirSync(group, { recursive: true });
    for (const file of ['.', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control', 'tasks']) {
      if (existsSync(join(group, file))) chownSync(join(group, file), uid, gid);
    }
    return join(group, 'cgroup.procs');
  });
}

/** Removes the groups with all groups below, as far as they are there. Throws EBUSY when one holds a process. */
export function withdraw(delegation: Delegation): void {
  for (const file of delegation) {
    if (existsSync(file)) removeGroup(dirname(file));
  }
}

function removeGroup(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  }
  rmdirSync(group);
}
