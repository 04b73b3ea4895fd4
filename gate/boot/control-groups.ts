// Which control group hierarchies a machine has, and in which groups this process is. Pure: texts of /proc in, values out.

/** Where one hierarchy is mounted, and which controllers it has. */
export interface Hierarchy {
  readonly mountPoint: string;
  readonly controllers: readonly string[];
  readonly version: 1 | 2;
}

/** Reads the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function hierarchiesOf(mountInfo: string): Hierarchy[] {
  return mountInfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const mountPoint = before.split(' ')[4] ?? '';
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ mountPoint, controllers: options.split(','), version: type === 'cgroup' ? 1 : 2 } as const];
  });
}

/** Those that an unprivileged container has to have a group of its own in: cgroup2, systemd's and the freezer. */
export function neededHierarchies(mountInfo: string): Hierarchy[] {
  return hierarchiesOf(mountInfo).filter(
    ({ version, controllers }) =>
      version === 2 || controllers.includes('name=systemd') || controllers.includes('freezer'),
  );
}

/** The folder of this process's group in a hierarchy, after the text of /proc/self/cgroup (cgroups(7)). */
export function ownGroup(hierarchy: Hierarchy, selfCgroup: string): string | undefined {
  for (const line of selfCgroup.split('\n')) {
    const [, number, controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const same =
      hierarchy.version === 2
        ? number === '0' && controllers === ''
        : controllers !== '' && controllers.split(',').every((name) => hierarchy.controllers.includes(name));
    if (same) return `${hierarchy.mountPoint}${path === '/' ? '' : path}`;
  }
  return undefined;
}
