import { describe, expect, test } from 'vitest';
import { hierarchiesOf, neededHierarchies, ownGroup } from '../../../gate/boot/control-groups.ts';

const hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const unified = '31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

describe('hierarchies', () => {
  test('of the hybrid layout', () => {
    expect(hierarchiesOf(hybrid).map(({ mountPoint, version }) => `${mountPoint} ${version}`)).toEqual([
      '/sys/fs/cgroup/cpu,cpuacct 1',
      '/sys/fs/cgroup/freezer 1',
      '/sys/fs/cgroup/systemd 1',
      '/sys/fs/cgroup/unified 2',
    ]);
  });

  test('that a container needs', () => {
    expect(neededHierarchies(hybrid).map(({ mountPoint }) => mountPoint)).toEqual([
      '/sys/fs/cgroup/freezer',
      '/sys/fs/cgroup/systemd',
      '/sys/fs/cgroup/unified',
    ]);
    expect(neededHierarchies(unified).map(({ mountPoint }) => mountPoint)).toEqual(['/sys/fs/cgroup']);
    expect(neededHierarchies('')).toEqual([]);
  });
});

test('the own group is that of the line with the same controllers', () => {
  const self = '5:name=systemd:/user.slice\n4:freezer:/\n3:cpu,cpuacct:/work\n0::/user.slice/session-1\n';
  expect(hierarchiesOf(hybrid).map((hierarchy) => ownGroup(hierarchy, self))).toEqual([
    '/sys/fs/cgroup/cpu,cpuacct/work',
    '/sys/fs/cgroup/freezer',
    '/sys/fs/cgroup/systemd/user.slice',
    '/sys/fs/cgroup/unified/user.slice/session-1',
  ]);
  expect(ownGroup({ mountPoint: '/x', controllers: ['rdma'], version: 1 }, self)).toBeUndefined();
});
