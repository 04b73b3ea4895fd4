// Where control groups for a box may be made: read out of what /proc says of this process (cgroups(7)). Pure; knows version 1, version 2
// and both beside each other.

import { type Mount, parseMountinfo } from './mountinfo.ts';

/** A controller's hierarchy, and folders of groups in it from that of this process upwards, the nearest first. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly parents: readonly string[];
}

export type Controller = 'memory' | 'pids';

/** The path of this process in a hierarchy: of the line that has the controller, or of `0::` for version 2. */
function ownPath(cgroup: string, controller: Controller, version: 1 | 2): string | undefined {
  for (const line of cgroup.split('\n')) {
    const [id, controllers = '', ...path] = line.split(':');
    const wanted = version === 2 ? id === '0' && controllers === '' : controllers.split(',').includes(controller);
    if (wanted && path.length > 0) return path.join(':');
  }
  return undefined;
}

function foldersUpwards({ root, target }: Mount, path: string): string[] {
  const base = root === '/' ? '' : root;
  if (path !== base && !path.startsWith(`${base}/`)) return [];
  const names = path
    .slice(base.length)
    .split('/')
    .filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, i) => [target, ...names.slice(0, names.length - i)].join('/'));
}

/**
 * The group of this process and all above it that are in sight, by the texts of /proc/self/mountinfo and /proc/self/cgroup.
 * Version 1 comes first: a controller that it has is not in version 2.
 */
export function cgroupsUpwards(controller: Controller, mountinfo: string, cgroup: string): readonly CgroupPlace[] {
  return parseMountinfo(mountinfo)
    .flatMap((mount): CgroupPlace[] => {
      const version = mount.type === 'cgroup2' ? 2 : 1;
      if (version === 1 && !(mount.type === 'cgroup' && mount.options.includes(controller))) return [];
      const path = ownPath(cgroup, controller, version);
      const parents = path === undefined ? [] : foldersUpwards(mount, path);
      if (parents.length === 0) return [];
      return [{ version, parents }];
    })
    .sort((one, other) => one.version - other.version);
}

/** Places for a group of one's own. Of version 1 only the group of this process: any group there may have children. */
export function cgroupPlaces(controller: Controller, mountinfo: string, cgroup: string): readonly CgroupPlace[] {
  return cgroupsUpwards(controller, mountinfo, cgroup).map(({ version, parents }) => ({
    version,
    parents: version === 1 ? parents.slice(0, 1) : parents,
  }));
}
